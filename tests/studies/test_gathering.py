"""Protects a study whose runs train as one population: which do, in whose worker, and that nothing
is begun twice wherever the coordinator is killed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.studies.test_coordinator import PRUNED
from tests.studies.world import (
    EXPERIMENT,
    NOON,
    REQUEST,
    Clock,
    Fuse,
    Killed,
    World,
    WorldExecutor,
    begin_study,
    finish,
)
from tui_lab.events import RunFailed
from tui_lab.ranges import Range
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import STARTING, RunDirectory
from tui_lab.runs.populations import members
from tui_lab.runs.status import StatusRecord
from tui_lab.studies.coordinator import Coordinator
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.executor import Ended, Slot
from tui_lab.studies.local import LocalExecutor
from tui_lab.study import StudyState, TrialState
from tui_lab.together import CURE, Together

NUMBERS = Together(differ=("weight_decay", "lr"))


class Gatherer(WorldExecutor):
    """An executor that may have many runs in one worker."""

    def __init__(self, world: World, fuse: Fuse | None = None, refused: str = "") -> None:
        """Those that are to train together are `refused` at once."""
        super().__init__(world, 2, fuse)
        self.gathered: list[list[str]] = []
        self._refused = refused
        self.world = world

    def start_together(self, runs: Sequence[RunDirectory], slot: Slot) -> None:
        assert [run.id for run in members(runs[0])] == [run.id for run in runs]
        self.gathered.append([run.id for run in runs])
        for run in runs:
            self.start(run, slot)
            if self._refused:
                failed = RunFailed(
                    t=1.0, step=0, epoch=0, error=self._refused, traceback="", metrics={}
                )
                self.world._end(run, failed)

    def free(self) -> Sequence[Slot]:
        return super().free() if len(self._own) < 2 else ()


def driven(
    study: StudyDirectory, executor: Gatherer, together: Together = NUMBERS
) -> tuple[StudyState, Coordinator]:
    experiment = replace(EXPERIMENT, together=together)
    driver = Coordinator(study, experiment, executor, now=Clock(), sleep=lambda seconds: None)
    return driver.run(lambda: False), driver


def test_what_differs_in_numbers_and_seeds_is_one_population(tmp_path: Path) -> None:
    study = begin_study(tmp_path, replace(REQUEST, seeds=2))
    executor = Gatherer(World())
    state, driver = driven(study, executor)
    assert state is StudyState.FINISHED
    assert [len(runs) for runs in executor.gathered] == [12]
    requests = [RunDirectory(study.runs / run).request() for run in executor.gathered[0]]
    assert len({request.population for request in requests}) == 1
    assert [request.member for request in requests] == list(range(12))
    assert {trial.state for trial in driver.record.trials.values()} == {TrialState.COMPLETE}
    assert study.status().best == 3


@pytest.mark.parametrize("together", [NUMBERS, Together(differ=("lr",))])
def test_what_is_refused_once_it_is_looked_at_trains_one_by_one(
    together: Together, tmp_path: Path
) -> None:
    study = begin_study(tmp_path)
    executor = Gatherer(World(), refused=f"They part ways. {CURE}")
    state, driver = driven(study, executor, together)
    assert state is StudyState.FINISHED
    trials = driver.record.trials.values()
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    last = [RunDirectory(study.runs / trial.runs[0]) for trial in trials]
    assert {run.request().population for run in last} == {""}
    assert sum(len(runs) for runs in executor.gathered) == 6
    assert len(executor.world.begun) == 12


def test_another_failure_of_a_population_is_that_of_its_trials(tmp_path: Path) -> None:
    executor = Gatherer(World(), refused="It went wrong.")
    state, driver = driven(begin_study(tmp_path), executor)
    assert state is StudyState.FAILED
    assert {trial.state for trial in driver.record.trials.values()} == {TrialState.FAIL}


def test_what_shapes_the_program_is_another_population(tmp_path: Path) -> None:
    executor = Gatherer(World())
    driven(begin_study(tmp_path), executor, Together(differ=("lr",)))
    assert sorted(len(runs) for runs in executor.gathered) == [2, 2, 2]


def test_those_that_wait_for_others_to_end_are_not_said_to_have_crashed(tmp_path: Path) -> None:
    study, executor = begin_study(tmp_path, replace(REQUEST, slots=1)), Gatherer(World())
    experiment = replace(EXPERIMENT, together=Together(differ=("lr",)))
    driver = Coordinator(study, experiment, executor, now=Clock(), sleep=lambda seconds: None)
    driver.rebuild()
    driver.turn()
    begun = {run for runs in executor.gathered for run in runs}
    waiting = [run for run in map(RunDirectory, study.runs.iterdir()) if run.id not in begun]
    assert waiting
    for run in waiting:
        assert run.status() is RunStatus.PENDING
        run.write_status(StatusRecord(heartbeat=1.0))
    for _ in range(round(STARTING)):  # turns that take a second each
        driver._gathering.keep(waiting)
    assert {run.status() for run in waiting} == {RunStatus.PENDING}


def test_values_that_wait_for_results_are_tried_one_by_one(tmp_path: Path) -> None:
    request = replace(REQUEST, ranges=(Range("lr", 0.1, 0.9),), sampler="tpe", trials=3)
    executor = Gatherer(World())
    driven(begin_study(tmp_path, request), executor)
    assert not executor.gathered


def test_what_is_pruned_is_tried_one_by_one(tmp_path: Path) -> None:
    study = begin_study(tmp_path, PRUNED)
    executor = Gatherer(World())
    state, driver = driven(study, executor)
    assert state is StudyState.FINISHED
    assert not executor.gathered
    states = {trial.state for trial in driver.record.trials.values()}
    assert states == {TrialState.COMPLETE, TrialState.PRUNED}


def test_an_executor_of_single_runs_has_none(tmp_path: Path) -> None:
    study = begin_study(tmp_path)
    experiment = replace(EXPERIMENT, together=NUMBERS)
    _, trials = finish(study, World(), experiment=experiment)
    assert len(trials) == 6
    assert {RunDirectory(run).request().population for run in study.runs.iterdir()} == {""}


def test_wherever_it_is_killed_nothing_is_proposed_or_begun_twice(tmp_path: Path) -> None:
    for acts in range(1, 40):
        study, world = begin_study(tmp_path / str(acts)), World()
        state = None
        for fuse in (Fuse(acts), Fuse(acts + 1), Fuse()):
            try:
                state, driver = driven(study, Gatherer(world, fuse))
                break
            except Killed:
                continue
        assert state is StudyState.FINISHED, acts
        trials = driver.record.trials
        assert sorted(trials) == list(range(6))
        assert len({tuple(trial.values.values()) for trial in trials.values()}) == 6
        assert {trial.state for trial in trials.values()} == {TrialState.COMPLETE}
        assert len(set(world.begun)) == len(world.begun) == 6


class FakeSpare:
    """Workers that end when they are told to."""

    alive = ready = True

    def __init__(self) -> None:
        self.given: list[str] = []
        self.over: list[tuple[str, int]] = []

    def start(self) -> None:
        """It is ready."""

    def give(self, run: RunDirectory, variables: dict[str, str]) -> None:
        self.given.append(run.id)

    def ended(self) -> Iterator[tuple[str, int]]:
        over, self.over = self.over, []
        yield from over

    def close(self) -> None:
        """Nothing is held."""


def test_members_that_wait_for_their_worker_are_not_lost_however_old_they_are(
    tmp_path: Path,
) -> None:
    study, spare = begin_study(tmp_path), FakeSpare()
    request = RunRequest(experiment="toy", program="toy.program:Toy", hyperparameters={})
    runs = [RunDirectory.create(study.runs, request, NOON) for _ in range(3)]
    assert {run.status() for run in runs} == {RunStatus.CRASHED}, "they wait for too long already"
    executor = LocalExecutor([Slot("0")], spare)
    executor.start_together(runs, Slot("0"))
    assert {run.status() for run in runs} == {RunStatus.PENDING}
    for run in runs:
        run.write_status(StatusRecord(heartbeat=1.0))
    assert {run.status() for run in runs} == {RunStatus.CRASHED}, "and for too long again"
    assert list(executor.ended()) == []
    spare.over = [(str(runs[0].path), 1)]
    assert [each.run_id for each in executor.ended()] == [run.id for run in runs]


def test_a_worker_that_vanishes_is_the_end_of_all_its_runs(tmp_path: Path) -> None:
    study, spare = begin_study(tmp_path), FakeSpare()
    driven(study, Gatherer(World()))
    runs = [RunDirectory(path) for path in sorted(study.runs.iterdir())]
    executor = LocalExecutor([Slot("0"), Slot("1")], spare)
    executor.start_together(runs[:3], Slot("0"))
    executor.start(runs[3], Slot("1"))
    assert spare.given == [runs[0].id, runs[3].id]
    assert not executor.free()
    spare.over = [(str(runs[0].path), -9)]
    told = list(executor.ended())
    assert told[:3] == [Ended(run.id, -9) for run in runs[:3]]
    assert [slot.name for slot in executor.free()] == ["0"]
