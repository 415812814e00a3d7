"""Protects a study from kill -9: of its coordinator between any two acts, of its workers, of
both. It goes on from its runs' directories alone; nothing is proposed or counted twice.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.studies.world import (
    REQUEST,
    Clock,
    Fuse,
    Killed,
    World,
    begin_study,
    coordinator,
    finish,
)
from tui_lab.ranges import Range
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.studies.directory import StudyDirectory
from tui_lab.study import StudyRequest, StudyState, Trial, TrialState

SMALL = replace(
    REQUEST,
    hyperparameters={"epochs": 2},
    ranges=(Range("weight_decay", values=(0.0, 1.0)), Range("lr", values=(0.1, 0.2))),
    trials=3,
    seeds=2,
)
DRAWN = replace(SMALL, ranges=(Range("lr", 0.01, 1.0, log=True),), sampler="random", seeds=1)


def kill_at(
    act: int, study: StudyDirectory, world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Drive the study until its coordinator is killed at this act; whether it came so far."""
    fuse = Fuse(act)
    create, write = RunDirectory.create, StudyDirectory.write_status

    def created(runs: Path, request: RunRequest, now: datetime) -> RunDirectory:
        fuse.burn()
        run = create(runs, request, now)
        fuse.burn()
        return run

    def written(study: StudyDirectory, status: Any) -> None:
        fuse.burn()
        write(study, status)

    with monkeypatch.context() as patch:
        patch.setattr(RunDirectory, "create", created)
        patch.setattr(StudyDirectory, "write_status", written)
        try:
            finish(study, world, fuse=fuse, clock=clock)
        except Killed:
            return True
    return False


def kills(
    home: Path, request: StudyRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[StudyDirectory, World, Clock]]:
    """The study killed at its first act, another one at its second, and so on to the last."""
    for act in itertools.count(1):
        study, world, clock = begin_study(home / str(act), request), World(), Clock()
        if not kill_at(act, study, world, clock, monkeypatch):
            assert act > 20
            return
        yield study, world, clock


def check(study: StudyDirectory, state: StudyState, trials: dict[int, Trial]) -> None:
    """All trials there are to be, each value once, each seed of each trial completed once."""
    request = study.request()
    assert state is StudyState.FINISHED
    assert sorted(trials) == list(range(request.trials))
    assert {trial.state for trial in trials.values()} == {TrialState.COMPLETE}
    assert len({tuple(trial.values.values()) for trial in trials.values()}) == request.trials
    assert all(len(trial.runs) == request.seeds for trial in trials.values())
    assert study.status().counts == {"complete": request.trials}


def attempts(study: StudyDirectory) -> Counter[tuple[int, int]]:
    """How many runs there are of each seed of each trial."""
    requests = [RunDirectory(run).request() for run in study.runs.iterdir()]
    return Counter((request.trial, request.seed) for request in requests)


@pytest.mark.parametrize("request_", [SMALL, DRAWN], ids=["grid", "random"])
def test_a_killed_coordinator_leaves_all_that_the_next_one_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: StudyRequest
) -> None:
    for study, world, clock in kills(tmp_path, request_, monkeypatch):
        check(study, *finish(study, world, clock=clock))
        assert set(attempts(study).values()) == {1}, "what went on was not adopted"
        assert len(world.begun) == len(set(world.begun)) == request_.trials * request_.seeds


def test_workers_that_are_killed_with_it_are_begun_again_as_other_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for study, world, clock in kills(tmp_path, SMALL, monkeypatch):
        lost = set(world.live)
        world.vanish |= lost
        world.step()
        check(study, *finish(study, world, clock=clock))
        assert sum(attempts(study).values()) == 6 + len(lost)
        assert len(world.begun) == 6 + len(lost)


def test_coordinators_that_are_killed_one_after_the_other_come_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, world, clock = begin_study(tmp_path, SMALL), World(), Clock()
    killed = 0
    while kill_at(12, study, world, clock, monkeypatch):
        killed += 1
        assert killed < 50
    assert killed > 2
    check(study, *finish(study, world, clock=clock))


def test_a_worker_that_vanishes_again_and_again_fails_its_trial(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path, replace(SMALL, seeds=1, slots=1)), World()
    driver = coordinator(study, world)
    driver.rebuild()
    while driver.turn():
        if len(world.begun) <= 3:
            world.vanish |= set(world.live)
    trials = driver.record.trials
    assert (trials[0].state, trials[0].reason) == (TrialState.FAIL, "its worker vanished 3 times")
    assert [trials[n].state for n in (1, 2)] == [TrialState.COMPLETE] * 2
    assert attempts(study)[0, 0] == 3


def test_a_study_that_has_finished_is_not_driven_any_further(tmp_path: Path) -> None:
    study, world = begin_study(tmp_path, SMALL), World()
    finish(study, world)
    before = len(world.begun)
    check(study, *finish(study, world))
    assert len(world.begun) == before


def test_what_was_pruned_stays_pruned_when_its_other_seeds_were_stopped(tmp_path: Path) -> None:
    request = replace(
        SMALL,
        hyperparameters={"epochs": 10},
        ranges=(Range("weight_decay", values=tuple(map(float, range(12)))),),
        trials=12,
        prune=True,
    )
    study, world = begin_study(tmp_path, request), World()
    before = finish(study, world)[1]
    pruned = [n for n, trial in before.items() if trial.state is TrialState.PRUNED]
    assert pruned
    after = finish(study, world)[1]
    assert {n: trial.state for n, trial in after.items()} == {
        n: trial.state for n, trial in before.items()
    }
    assert all(math.isfinite(trial.last or 0.0) for trial in after.values())
