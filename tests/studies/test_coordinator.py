"""Protects the loop of a study: trials as they were asked for, bad ones ended, and a study that
can't go on ended with a sentence, after the first trial and not after forty."""

from __future__ import annotations

import errno
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.studies.world import (
    EXPERIMENT,
    REQUEST,
    World,
    begin_study,
    coordinator,
    finish,
    never,
    quadratic,
)
from tui_lab.errors import HomeError, HyperparameterError
from tui_lab.experiment import Metric
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.ranges import Range
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.runs.object_file import ObjectFile
from tui_lab.studies.following import StudyFollower
from tui_lab.studies.status_writer import StatusWriter
from tui_lab.study import StudyRequest, StudyState, TrialState

PRUNED = replace(
    REQUEST,
    hyperparameters={"epochs": 10},
    ranges=(Range("weight_decay", values=tuple(map(float, range(12)))),),
    trials=12,
    prune=True,
    slots=1,
)


def test_a_grid_is_every_combination_once_and_the_best_is_told(tmp_path: Path) -> None:
    study = begin_study(tmp_path)
    state, trials = finish(study, World())
    assert state is StudyState.FINISHED
    assert [tuple(trial.values.values()) for trial in trials.values()] == [
        (0.0, 0.1), (0.0, 0.2), (1.0, 0.1), (1.0, 0.2), (2.0, 0.1), (2.0, 0.2),
    ]  # fmt: skip
    assert {trial.state for trial in trials.values()} == {TrialState.COMPLETE}
    status = study.status()
    assert status.best == 3
    assert status.goal == pytest.approx(5 + 1 / 3)
    assert status.counts == {"complete": 6}
    assert status.test == {"test/loss": 7.0}


def test_test_metrics_are_of_the_best_trial_and_not_looked_at_before(tmp_path: Path) -> None:
    def tested(values: Mapping[str, Any], seed: int) -> float:
        return 10 * float(values["weight_decay"]) + float(values["lr"]) + seed

    study, world = begin_study(tmp_path, replace(REQUEST, seeds=3)), World(test=tested)
    driver = coordinator(study, world)
    driver.rebuild()
    while driver.turn():
        assert study.status().test == {}
    assert finish(study, world)[0] is StudyState.FINISHED
    assert study.status().best == 3
    assert study.status().test == {"test/loss": pytest.approx(10 + 0.2 + 1)}


def test_of_equal_trials_the_first_is_the_best_whichever_ends_first(tmp_path: Path) -> None:
    request = replace(
        REQUEST, hyperparameters={}, ranges=(Range("epochs", values=(5, 2, 3)),), trials=3
    )
    goal, tested = (lambda *_: 1.0), (lambda values, seed: float(values["epochs"]))
    study, world, ends = begin_study(tmp_path, request), World(goal=goal, test=tested), []
    driver = coordinator(study, world)
    driver.rebuild()
    going = True
    while going:
        going = driver.turn()
        ends.append(study.status().best)
    assert list(dict.fromkeys(ends)) == [-1, 1, 0], "trial 1 ends before trial 0"
    finish(study, world)
    status, (summary, _) = study.status(), StudyFollower(study).read()
    assert (status.best, status.test) == (0, {"test/loss": 5.0})
    assert (summary.best, summary.test) == (0, {"test/loss": 5.0})


def test_test_metrics_are_shown_of_the_trial_they_were_looked_at_for_alone(tmp_path: Path) -> None:
    study = begin_study(tmp_path)
    finish(study, World())
    assert StudyFollower(study).read()[0].test == {"test/loss": 7.0}
    study.write_status(replace(study.status(), best=1))
    summary, _ = StudyFollower(study).read()
    assert (summary.best, summary.test) == (3, {})


def test_runs_are_ordinary_ones_that_name_their_trial(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path), World()
    _, trials = finish(study, world)
    request = RunDirectory(study.runs / trials[3].runs[0]).request()
    assert (request.study, request.trial, request.seed) == (study.id, 3, 0)
    assert request.hyperparameters["lr"] == 0.2
    assert request.hyperparameters["epochs"] == 3
    assert request.hyperparameters["implementation"] == "scratch"


def test_no_more_runs_go_on_at_once_than_there_are_slots(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path), World()
    driver = coordinator(study, world)
    driver.rebuild()
    most = 0
    while driver.turn():
        most = max(most, len(world.live))
    assert most == 2


def test_a_trial_has_a_run_for_each_seed_and_their_mean(tmp_path: Path) -> None:
    study = begin_study(tmp_path, replace(REQUEST, seeds=3, seed=4))
    _, trials = finish(study, World())
    assert [len(trial.runs) for trial in trials.values()] == [3] * 6
    seeds = [RunDirectory(study.runs / run).request().seed for run in trials[0].runs]
    assert seeds == [4, 5, 6]
    values = RunDirectory(study.runs / trials[0].runs[0]).request().hyperparameters
    assert trials[0].goal == pytest.approx(quadratic(values, 3, 5))


def test_a_combination_that_the_constraint_refuses_is_not_run(tmp_path: Path) -> None:
    def refuse(values: Hyperparameters) -> HyperparameterError | None:
        return HyperparameterError("lr", "No.") if values.lr > values.weight_decay / 10 else None

    experiment = replace(EXPERIMENT, constraint=refuse)
    study = begin_study(tmp_path)
    state, trials = finish(study, World(), experiment=experiment)
    assert state is StudyState.FINISHED
    assert [tuple(trial.values.values()) for trial in trials.values()] == [
        (1.0, 0.1), (2.0, 0.1), (2.0, 0.2),
    ]  # fmt: skip
    assert study.status().left_out == 3
    assert study.status().trials == 3


def test_trials_that_are_worse_than_the_median_are_ended_and_never_the_best(
    tmp_path: Path,
) -> None:
    def rising(values: Mapping[str, Any], epoch: int, seed: int) -> float:
        decay = float(values["weight_decay"])
        return decay + 1 if epoch < 10 or decay else 100.0

    study, world = begin_study(tmp_path, PRUNED), World(goal=rising)
    _, trials = finish(study, world)
    pruned = [n for n, trial in trials.items() if trial.state is TrialState.PRUNED]
    assert pruned == [5, 6, 7, 8, 9, 10, 11]
    assert trials[7].reason == f"pruned at epoch 3 by {study.id}"
    assert study.status().best == 1


@pytest.mark.parametrize("change", [{"prune": False}, {"trials": 9}])
def test_nothing_is_pruned_unasked_or_among_few(tmp_path: Path, change: dict[str, Any]) -> None:
    study = begin_study(tmp_path, replace(PRUNED, **change))
    _, trials = finish(study, World())
    assert {trial.state for trial in trials.values()} == {TrialState.COMPLETE}


def test_a_goal_that_is_no_number_any_more_ends_its_run(tmp_path: Path) -> None:
    def some(values: Mapping[str, Any], epoch: int, seed: int) -> float:
        return math.nan if values["weight_decay"] == 1.0 else quadratic(values, epoch, seed)

    study, world = begin_study(tmp_path), World(goal=some)
    state, trials = finish(study, world)
    assert state is StudyState.FINISHED
    assert trials[2].state is TrialState.FAIL
    assert trials[2].reason == "diverged at epoch 1: val/loss is not a number"
    assert study.status().best in (1, 5)


def test_a_study_of_nothing_but_diverged_trials_says_so(tmp_path: Path) -> None:
    study = begin_study(tmp_path)
    assert finish(study, World(goal=never))[0] is StudyState.FAILED
    assert study.status().error == (
        "None of its trials came to an end: diverged at epoch 1: val/loss is not a number."
    )


def test_a_goal_that_nobody_measures_is_said_after_the_first_trial(tmp_path: Path) -> None:
    study = begin_study(tmp_path, replace(REQUEST, slots=1))
    state, trials = finish(study, World(key="val/los"))
    assert state is StudyState.FAILED
    assert len(trials) == 1
    assert study.status().error == (
        f"{trials[0].runs[0]} ended without measuring val/loss, or anything else that may be a "
        "goal."
    )


def test_of_what_was_measured_what_may_be_a_goal_is_said(tmp_path: Path) -> None:
    accuracy = Metric("val/accuracy", "The part that is right.", "maximize")
    experiment = replace(EXPERIMENT, metrics=(*EXPERIMENT.metrics, accuracy))
    study = begin_study(tmp_path)
    _, trials = finish(study, World(key="val/accuracy"), experiment=experiment)
    assert study.status().error == (
        f"{trials[0].runs[0]} ended without measuring val/loss; it measured val/accuracy. "
        "Give one of these as --goal."
    )


def test_a_trial_whose_values_were_changed_by_hand_says_nothing_of_them(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path), World()
    driver = coordinator(study, world)
    driver.rebuild()
    while driver.turn():
        if len(world.begun) == 4 and not world.over[2:]:
            world.turned = dict(zip(world.begun[2:], ("lr", "epochs"), strict=True))
    trials = finish(study, world)[1]
    assert (trials[2].state, trials[2].goal) == (TrialState.FAIL, None)
    assert trials[2].reason == "lr was changed by hand at step 1"
    assert trials[3].state is TrialState.COMPLETE, "the number of epochs is not what is looked for"
    assert study.status().best == 3


def test_trials_that_all_fail_end_the_study_after_a_few(tmp_path: Path) -> None:
    study = begin_study(tmp_path, replace(REQUEST, slots=1))
    state, trials = finish(study, World(error="ValueError: no"))
    assert (state, len(trials)) == (StudyState.FAILED, 5)
    assert study.status().error == (
        "5 trials in a row failed, and no more are tried; the last one, "
        f"{trials[4].runs[0]}: ValueError: no"
    )


def test_no_room_on_the_disk_is_the_studys_end_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> RunDirectory:
        raise HomeError("No run can be started in here (No space left on device).")

    study, world = begin_study(tmp_path), World()
    monkeypatch.setattr(RunDirectory, "create", full)
    assert finish(study, world)[0] is StudyState.FAILED
    assert "No space left on device" in study.status().error
    monkeypatch.undo()
    state, trials = finish(study, world)
    assert (state, len(trials)) == (StudyState.FINISHED, 6)


def test_on_a_full_disk_the_sentence_has_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, world = begin_study(tmp_path), World()
    write = ObjectFile.write

    def full(file: ObjectFile, *data: Any, **options: Any) -> None:
        if study.reserve_path.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, *data, **options)

    monkeypatch.setattr(ObjectFile, "write", full)
    assert finish(study, world)[0] is StudyState.FAILED
    assert study.state() is StudyState.FAILED
    assert "No space left on device" in study.status().error
    monkeypatch.undo()
    study.expect()
    assert study.reserve_path.stat().st_size > 0
    assert finish(study, world)[0] is StudyState.FINISHED


def test_where_not_even_the_sentence_has_room_the_log_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    study = begin_study(tmp_path)
    monkeypatch.setattr(ObjectFile, "write", full)
    assert finish(study, World())[0] is StudyState.FAILED
    assert "failed: No run can be started in" in capsys.readouterr().out


def test_the_lock_is_kept_while_there_is_anything_to_do(tmp_path: Path) -> None:
    kept: list[float] = []
    study = begin_study(tmp_path)
    clock = [0.0]
    writer = StatusWriter(study, lambda: kept.append(clock[0]), clock=lambda: clock[0])
    for clock[0] in (0.0, 0.5, 0.9, 1.1):
        writer.tell(study.status())
    assert kept == [0.0, 1.1]


def test_what_goes_on_all_the_same_is_said(tmp_path: Path) -> None:
    class Deaf(World):
        def step(self) -> None:
            """They neither end nor hear that they should."""

    study, world = begin_study(tmp_path), Deaf()
    driver = coordinator(study, world)
    turns = iter([False, False])
    assert driver.run(lambda: next(turns, True)) is StudyState.STOPPED
    assert study.status().error == (
        f"{world.begun[0]}, {world.begun[1]} still go on, on {host_name()}."
    )


def test_a_study_that_is_stopped_ends_its_runs_and_begins_them_again(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path), World()
    driver = coordinator(study, world)
    turns = iter([False, False, False])
    assert driver.run(lambda: next(turns, True)) is StudyState.STOPPED
    assert not world.live
    assert set(world.stopped.values()) == {f"its study was stopped: {study.id}"}
    state, trials = finish(study, world)
    assert state is StudyState.FINISHED
    assert [trial.state for trial in trials.values()] == [TrialState.COMPLETE] * 6


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_samplers_propose_nothing_twice_and_stop_when_all_is_tried(
    tmp_path: Path, sampler: Any
) -> None:
    asked: StudyRequest = replace(REQUEST, sampler=sampler, trials=50)
    study = begin_study(tmp_path, asked)
    state, trials = finish(study, World())
    assert state is StudyState.FINISHED
    assert len({tuple(trial.values.values()) for trial in trials.values()}) == len(trials) == 6
    assert study.status().trials == 6
