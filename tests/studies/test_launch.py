"""Protects the end of a study whose coordinator is gone: it is stopped once its runs are, and not
before; what goes on all the same is named, with where it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.studies.world import REQUEST, World, begin_study, coordinator
from tui_lab.errors import RunError
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.runs.lock import RunLock
from tui_lab.runs.status import StatusRecord
from tui_lab.studies import launch
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.executor import Ended
from tui_lab.studies.launch import stop_study
from tui_lab.study import StudyRequest, StudyState


def left_alone(home: Path, request: StudyRequest = REQUEST) -> tuple[StudyDirectory, list[str]]:
    """A study whose coordinator vanished, and the runs that are under way."""
    study, world = begin_study(home, request), World()
    driver = coordinator(study, world)
    driver.rebuild()
    driver.turn()
    study.write_status(replace(study.status(), pid=0, heartbeat=1.0))
    assert study.state() is StudyState.INTERRUPTED
    return study, sorted(world.begun)


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Have workers live on these runs, of which those that are no `deaf` end when they are told."""
    held: dict[str, RunLock] = {}

    def live(study: StudyDirectory, runs: Sequence[str], deaf: Sequence[str] = ()) -> None:
        for name in runs:
            path = study.runs / name
            held[name] = RunLock(path)
            held[name].acquire()
            RunDirectory(path).write_status(StatusRecord(status=RunStatus.RUNNING))

        def told(run: RunDirectory, **_: Any) -> None:
            if run.id in deaf:
                raise RunError("It does not hear.")
            held.pop(run.id).release()

        monkeypatch.setattr(launch, "stop_run", told)

    yield live
    for lock in held.values():
        lock.release()


def test_it_is_stopped_once_its_runs_are(tmp_path: Path, stop: Callable[..., None]) -> None:
    study, runs = left_alone(tmp_path)
    stop(study, runs)
    assert stop_study(study) is StudyState.STOPPED
    assert study.status().state is StudyState.STOPPED


@pytest.mark.parametrize(("deaf", "verb"), [(1, "goes"), (2, "go")])
def test_what_goes_on_is_named_and_the_study_is_not_stopped(
    tmp_path: Path, stop: Callable[..., None], deaf: int, verb: str
) -> None:
    study, runs = left_alone(tmp_path)
    stop(study, runs, deaf=runs[:deaf])
    with pytest.raises(RunError) as refused:
        stop_study(study)
    assert str(refused.value) == (
        f"{', '.join(runs[:deaf])} still {verb} on, on {host_name()}. "
        f"Try tui-lab study --stop {study.id} again."
    )
    assert study.state() is StudyState.INTERRUPTED
    stop(study, runs[2:])
    stop(study, [])


class Faraway:
    """An executor of another machine, on which one of the runs does not end."""

    def __init__(self, over: Sequence[str]) -> None:
        self.over = list(over)
        self.stopped: list[str] = []

    def adopt(self, run: RunDirectory) -> bool:
        return True

    def stop(self, run_id: str, reason: str) -> None:
        self.stopped.append(run_id)

    def ended(self) -> Iterator[Ended]:
        over, self.over = self.over, []
        for run_id in over:
            yield Ended(run_id, 0)

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("ended", [1, 2])
def test_runs_elsewhere_are_waited_for_as_long_as_there_is_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: int
) -> None:
    study, runs = left_alone(tmp_path, replace(REQUEST, on="ssh:one"))
    for name in runs:
        there = StatusRecord(status=RunStatus.RUNNING, host="one", heartbeat=1.0)
        RunDirectory(study.runs / name).write_status(there)
    executor = Faraway(runs[:ended])
    monkeypatch.setattr(launch, "executor_for", lambda request, say: executor)
    time = iter(range(0, 1000, 10)).__next__
    if ended == 2:
        assert stop_study(study, clock=time, sleep=lambda _: None) is StudyState.STOPPED
    else:
        with pytest.raises(RunError, match=f"{runs[1]} still goes on, on one"):
            stop_study(study, clock=time, sleep=lambda _: None)
        assert study.state() is StudyState.INTERRUPTED
    assert sorted(executor.stopped) == runs
