"""Protects looking on while a study goes on: each change of a trial is told once, what is seen is
what the coordinator knows, and a study whose file is not what it was is not gone on with."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen
from tests.studies.world import EXPERIMENT, NOON, REQUEST, World, begin_study, coordinator
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.errors import ExperimentError, RunNotFound
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.status import StatusRecord
from tui_lab.studies import origin
from tui_lab.studies.catalogue import StudyCatalogue
from tui_lab.studies.following import StudyFollower
from tui_lab.studies.status import StudyStatus
from tui_lab.study import StudyState, Trial, TrialState
from tui_lab.worker.own_file import OwnFile


class Elsewhere(World):
    """Runs whose workers are on another machine, and well."""

    def begin(self, run: RunDirectory) -> None:
        super().begin(run)
        alive = StatusRecord(status=RunStatus.RUNNING, host="elsewhere", heartbeat=time.time())
        run.write_status(alive)


def test_what_is_seen_is_what_the_coordinator_knows(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path), Elsewhere()
    driver = coordinator(study, world)
    follower = StudyFollower(study, clock=iter(range(0, 1000, 2)).__next__)
    driver.rebuild()
    told: list[Trial] = []
    going = True
    while going:
        going = driver.turn()
        summary, new = follower.read()
        assert [trial.number for trial in new] == sorted({trial.number for trial in new})
        told += new
        for trial in follower.trials:
            known = driver.record.trials[trial.number]
            assert trial.goal == known.goal
            if known.curve:  # it looks for first words of a run in its next turn
                assert trial.state is known.state
    assert summary.counts == {TrialState.COMPLETE: 6}
    assert summary.best == 3
    assert follower.read()[1] == []
    changes = [(trial.number, trial.state, trial.curve) for trial in told]
    assert len(changes) == len(set(changes)), "the same was told twice"


def test_a_worker_that_vanished_is_seen_before_its_coordinator_is_back(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path), Elsewhere()
    driver = coordinator(study, world)
    driver.rebuild()
    driver.turn()
    driver.turn()
    run = RunDirectory(study.runs / world.begun[0])
    run.write_status(StatusRecord(status=RunStatus.RUNNING, host="elsewhere", heartbeat=1.0))
    _, trials = StudyFollower(study).read()
    assert [trial.state for trial in trials[:2]] == [TrialState.WAITING, TrialState.RUNNING]


def test_a_run_that_no_worker_ever_had_is_not_lost_while_its_study_lives(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path, replace(REQUEST, created=NOON.isoformat())), Elsewhere()
    driver = coordinator(study, world)
    driver.rebuild()
    driver.turn()
    waits = RunDirectory(study.runs / world.begun[1])
    waits.events_path.unlink()
    (waits.path / "status.json").unlink()
    assert waits.status() is RunStatus.CRASHED, "it was made long ago"
    follower = StudyFollower(study, clock=iter(range(0, 1000, 2)).__next__)
    trials = follower.read()[1]
    assert [trial.state for trial in trials] == [TrialState.RUNNING, TrialState.WAITING]
    assert not follower._record.readings(1)[0].lost
    study.write_status(replace(study.status(), pid=0, heartbeat=1.0))
    assert study.state() is StudyState.INTERRUPTED
    follower.read()
    assert follower._record.readings(1)[0].lost


def test_what_goes_on_after_all_was_not_lost(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path), Elsewhere()
    driver = coordinator(study, world)
    driver.rebuild()
    driver.turn()
    run = RunDirectory(study.runs / world.begun[0])
    alive = run.status_record()
    run.write_status(replace(alive, heartbeat=1.0))
    follower = StudyFollower(study, clock=iter(range(0, 1000, 2)).__next__)
    assert follower.read()[1][0].state is TrialState.WAITING
    run.write_status(replace(alive, heartbeat=time.time()))
    driver.turn()
    (first, *_) = follower.read()[1]
    assert (first.number, first.state, len(first.curve)) == (0, TrialState.RUNNING, 1)
    run.write_status(replace(alive, heartbeat=1.0))
    assert follower.read()[1][0].state is TrialState.WAITING
    while driver.turn():  # its end comes although nobody sees a worker
        pass
    assert {trial.state for trial in follower.read()[1]} == {TrialState.COMPLETE}


def test_the_list_and_the_study_say_the_same_where_nobody_is_left_to_say_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, world = begin_study(tmp_path), Elsewhere()
    driver = coordinator(study, world)
    driver.rebuild()
    while driver.turn():
        pass
    study.write_status(StudyStatus(heartbeat=1.0, trials=6, counts={"complete": 2}))
    assert study.state() is StudyState.INTERRUPTED
    monkeypatch.setenv("TUI_LAB_HOME", str(study.runs.parent))
    listed, shown = Screen(), Screen()
    assert perform(["studies", "--json"], listed) == ExitStatus.FINISHED
    assert perform(["study", "--show", study.id, "--json"], shown) == ExitStatus.FINISHED
    (row,), whole = json.loads(listed.out), json.loads(shown.out)
    assert row["counts"] == whole["counts"] == {"complete": 6}
    assert row["best"] == whole["best"] == 3


def test_studies_are_found_by_the_beginnings_of_their_names(tmp_path: Path) -> None:
    study = begin_study(tmp_path)
    catalogue = StudyCatalogue(tmp_path / "runs")
    assert catalogue.find("toy").id == study.id
    assert [each.id for each in catalogue.summaries()] == [study.id]
    with pytest.raises(RunNotFound, match="There is no study 'mlp'; the newest are toy-"):
        catalogue.find("mlp")
    (tmp_path / "studies" / study.id / "study.json").write_text("{")
    assert catalogue.summaries()[0].state is StudyState.FAILED


def test_a_file_that_was_edited_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.py"
    request = replace(REQUEST, plugin=str(path), sha256="before")
    found = OwnFile(path, "after", {})
    monkeypatch.setattr(origin, "read_own_file", lambda path: found)
    with pytest.raises(ExperimentError, match=r"mine\.py was edited since the study was begun"):
        origin.experiment_of(request)
    monkeypatch.setattr(origin, "constrained", lambda own: EXPERIMENT)
    assert origin.experiment_of(replace(request, sha256="after")) is EXPERIMENT
