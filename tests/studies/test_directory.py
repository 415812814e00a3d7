"""Protects the directory of a study: what is written is read back, whatever is wrong with it is one
sentence and one row, and a coordinator that is gone is never said to be at work."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui_lab.errors import HomeError, RunError, RunUnreadable
from tui_lab.ranges import Range
from tui_lab.runs.directory import FRESH, host_name
from tui_lab.runs.lock import RunLock, holder, lock_path
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.launch import resume_study
from tui_lab.study import StudyRequest, StudyState, TrialState

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
REQUEST = StudyRequest(
    experiment="weight-decay",
    program="tui_lab.experiments.weight_decay.program:WeightDecay",
    hyperparameters={"epochs": 5},
    ranges=(Range("lr", 1e-4, 1.0, log=True), Range("weight_decay", values=(0.0, 3.0))),
    goal="test/loss",
    direction="minimize",
    trials=4,
)


@pytest.fixture
def study(tmp_path: Path) -> StudyDirectory:
    """A study just written down."""
    return StudyDirectory.create(tmp_path / "studies", REQUEST, NOON)


def test_what_was_asked_is_read_back(study: StudyDirectory) -> None:
    assert study.request() == replace(REQUEST, created="2026-11-20T12:00:00.000+00:00")
    assert study.id.startswith("weight-decay-20261120-120000-")
    assert study.runs == study.path.parent.parent / "runs"


def test_a_new_study_waits_for_its_coordinator_and_then_is_interrupted(
    study: StudyDirectory,
) -> None:
    assert study.state() is StudyState.RUNNING
    study.write_status(replace(study.status(), heartbeat=1.0))
    assert study.state() is StudyState.INTERRUPTED


def test_the_lock_says_that_a_coordinator_is_at_work(study: StudyDirectory) -> None:
    study.write_status(replace(study.status(), pid=1, heartbeat=1.0))
    assert study.state() is StudyState.INTERRUPTED
    lock = RunLock(study.path)
    lock.acquire()
    assert study.state() is StudyState.RUNNING
    lock.release()
    study.write_status(replace(study.status(), state=StudyState.FINISHED))
    assert study.state() is StudyState.FINISHED


def at_work(study: StudyDirectory, *, pid: int = 0, heartbeat: float | None = None) -> None:
    """What this process, or another, says of itself as the coordinator."""
    alive = time.time() if heartbeat is None else heartbeat
    known = replace(study.status(), pid=pid or os.getpid(), host=host_name(), heartbeat=alive)
    study.write_status(known)


def test_a_coordinator_whose_lock_was_swept_away_is_at_work_all_the_same(
    study: StudyDirectory,
) -> None:
    at_work(study)
    lock = RunLock(study.path)
    lock.acquire()
    lock_path(study.path).unlink()
    assert study.state() is StudyState.RUNNING
    assert study.coordinator() == os.getpid()
    with pytest.raises(RunError, match="is still going on"):
        resume_study(study)
    lock.keep(study.path)
    assert holder(study.path) == study.coordinator() == os.getpid()
    lock.release()


def test_without_a_lock_a_process_that_is_gone_or_silent_drives_nothing(
    study: StudyDirectory,
) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    at_work(study, pid=gone.pid)
    assert study.state() is StudyState.INTERRUPTED
    at_work(study, heartbeat=time.time() - 2 * FRESH)
    assert study.state() is StudyState.INTERRUPTED


def test_the_summary_has_what_the_coordinator_last_said(study: StudyDirectory) -> None:
    status = replace(study.status(), trials=4, counts={"complete": 2}, best=1, goal=0.5)
    study.write_status(status)
    summary = study.summary()
    assert (summary.best, summary.goal, summary.trials) == (1, 0.5, 4)
    assert summary.counts == {TrialState.COMPLETE: 2}
    assert summary.created == NOON


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"goal": 3}, "goal is 3, not text"),
        ({"sampler": "magic"}, "sampler is 'magic', not one of tpe, grid, random"),
        ({"trials": 0}, "trials is 0, not a number from 1 to 100,000"),
        ({"ranges": [{"name": "lr"}]}, "ranges of 'lr' is no range of numbers"),
        ({"format": 2}, "was written by a newer tui-lab"),
    ],
)
def test_a_damaged_study_is_one_row_with_a_sentence(
    study: StudyDirectory, change: dict[str, object], sentence: str
) -> None:
    path = study.path / "study.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(RunUnreadable) as refused:
        study.request()
    assert sentence in str(refused.value)
    assert sentence in study.summary().error


def test_what_is_set_aside_is_whole_or_not_there(
    study: StudyDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert study.reserve_path.stat().st_size > 0
    study.write_last(study.status())
    assert not study.reserve_path.exists()

    def half(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError("full")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(RunError, match=r"can't be resumed \(full\)"):
        resume_study(study_of(study, StudyState.STOPPED))
    assert not study.reserve_path.exists()


def study_of(study: StudyDirectory, state: StudyState) -> StudyDirectory:
    """The study, in a state."""
    study.write_status(replace(study.status(), state=state))
    return study


def test_no_room_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "studies").write_text("")
    with pytest.raises(HomeError, match="No study can be started in"):
        StudyDirectory.create(tmp_path / "studies", REQUEST, NOON)
