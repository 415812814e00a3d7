"""Protects what a run's directory says: its request, its record, and above all whether it is
live."""

from __future__ import annotations

import math
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui_lab.errors import HomeError
from tui_lab.events import RunEvent, RunFailed, RunFinished, RunPaused, RunStopped
from tui_lab.run import RunRequest, RunStatus, is_run_id
from tui_lab.runs.directory import FRESH, STARTING, RunDirectory
from tui_lab.runs.lock import RunLock
from tui_lab.runs.log import RunLog
from tui_lab.runs.status import StatusRecord

NewRun = Callable[..., RunDirectory]
Heartbeat = Callable[..., StatusRecord]
NOW = datetime(2026, 11, 20, 23, 47, 55, tzinfo=UTC)


def ended(directory: RunDirectory, event: RunEvent) -> None:
    log = RunLog(directory.events_path)
    log.append(event)
    log.close()


@pytest.fixture
def held(new_run: NewRun) -> Iterator[RunDirectory]:
    """A run whose lock is held."""
    directory = new_run()
    lock = RunLock(directory.path)
    lock.acquire()
    yield directory
    lock.release()


def test_a_new_run_has_its_request_and_room_to_say_that_the_disk_is_full(
    runs: Path, new_run: NewRun
) -> None:
    directory = new_run(now=NOW, seed=7, device="cpu")
    assert directory.id.startswith("weight-decay-20261120-234755-")
    assert is_run_id(directory.id)
    assert sorted(path.name for path in directory.path.iterdir()) == ["reserve", "run.json"]
    request = directory.request()
    assert (request.seed, request.device, request.hyperparameters) == (7, "cpu", {"lr": 0.1})
    assert datetime.fromisoformat(request.created) == NOW
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory.path / "run.json").stat().st_mode) == 0o600


def test_a_taken_name_is_drawn_again(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = iter(["0001", "0001", "0002"])
    monkeypatch.setattr("os.urandom", lambda count: bytes.fromhex(next(digits)))
    assert [new_run(now=NOW).id[-4:] for _ in range(2)] == ["0001", "0002"]


def test_a_run_that_can_not_be_written_down_leaves_nothing(
    runs: Path, new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(HomeError, match=r"No run can be started in .*No space left on device"):
        new_run()
    assert list(runs.iterdir()) == []


def test_the_directory_for_runs_is_made_with_the_first(tmp_path: Path) -> None:
    request = RunRequest(experiment="x", program="m:C", hyperparameters={})
    created = RunDirectory.create(tmp_path / "new" / "runs", request, NOW)
    assert created.request() == replace(request, created=NOW.isoformat(timespec="milliseconds"))


def test_no_directory_for_runs_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    request = RunRequest(experiment="x", program="m:C", hyperparameters={})
    with pytest.raises(HomeError, match=r"No run can be started in .*; set TUI_LAB_HOME to a"):
        RunDirectory.create(tmp_path / "file" / "runs", request, NOW)


def test_a_record_comes_back_with_its_non_finite_metrics(new_run: NewRun) -> None:
    directory = new_run()
    metrics = {"train/loss": math.inf, "norm/w": 0.5}
    record = StatusRecord(
        status=RunStatus.FAILED, pid=4, host="h", step=8, epoch=2, metrics=metrics, error="[red]"
    )
    directory.write_status(record)
    assert directory.status_record() == record
    assert b'"Infinity"' in (directory.path / "status.json").read_bytes()


def test_an_unwritten_record_is_pending(new_run: NewRun) -> None:
    assert new_run().status_record() == StatusRecord()
    assert StatusRecord().status is RunStatus.PENDING


def test_an_exit_status_comes_back(new_run: NewRun) -> None:
    directory = new_run()
    assert directory.exit_status() is None
    directory.write_exit_status(-9)
    assert directory.exit_status() == -9


# Liveness


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.PENDING])
def test_a_held_lock_is_life_however_old_the_heartbeat(
    held: RunDirectory, status: RunStatus
) -> None:
    held.write_status(StatusRecord(status=status))
    assert held.status() is status
    assert held.is_live()


def test_a_worker_that_has_not_said_a_word_is_alive(held: RunDirectory) -> None:
    assert held.status() is RunStatus.PENDING
    assert held.is_live()


def test_a_free_lock_is_death_however_young_the_heartbeat(
    new_run: NewRun, heartbeat: Heartbeat
) -> None:
    directory = new_run()
    lock = RunLock(directory.path)
    lock.acquire()
    os.close(lock._descriptor or -1)  # as a kill does: the file stays
    directory.write_status(heartbeat(0.0, pid=os.getpid()))
    assert directory.status() is RunStatus.CRASHED
    assert not directory.is_live()


def test_without_a_lock_file_pid_and_heartbeat_decide(
    new_run: NewRun, heartbeat: Heartbeat
) -> None:
    directory = new_run()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    alive = heartbeat(0.0, pid=os.getpid())
    for record, live in (
        (alive, True),
        (heartbeat(FRESH + 1, pid=os.getpid()), False),
        (heartbeat(0.0, pid=dead.pid), False),
        (heartbeat(0.0, pid=0), False),
    ):
        directory.write_status(record)
        assert directory.is_live() is live
        assert directory.status() is (RunStatus.RUNNING if live else RunStatus.CRASHED)


@pytest.mark.parametrize(("age", "live"), [(1.0, True), (FRESH + 1, False)])
def test_on_another_host_the_heartbeat_decides(
    held: RunDirectory, heartbeat: Heartbeat, age: float, live: bool
) -> None:
    held.write_status(heartbeat(age, host="elsewhere", pid=1))
    assert held.is_live() is live


def test_an_ended_run_is_not_live_even_while_its_process_ends(held: RunDirectory) -> None:
    held.write_status(StatusRecord(status=RunStatus.FINISHED))
    assert held.status() is RunStatus.FINISHED
    assert not held.is_live()


def test_a_run_waits_for_its_worker_for_a_while(new_run: NewRun) -> None:
    now = datetime.now(UTC)
    assert new_run(now=now).status() is RunStatus.PENDING
    late = new_run(now=now - timedelta(seconds=STARTING + 1))
    assert late.status() is RunStatus.CRASHED
    assert not late.is_live()


def test_a_worker_that_died_at_once_is_not_waited_for(new_run: NewRun) -> None:
    directory = new_run()
    directory.write_exit_status(1)
    assert directory.status() is RunStatus.CRASHED


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (RunFinished(t=1.0, step=1, epoch=1), RunStatus.FINISHED),
        (RunStopped(t=1.0, step=1, epoch=1), RunStatus.STOPPED),
        (RunFailed(t=1.0, step=1, epoch=1, error="…"), RunStatus.FAILED),
        (RunPaused(t=1.0, step=1), RunStatus.CRASHED),
    ],
)
def test_killed_between_the_last_event_and_the_record(
    new_run: NewRun, event: RunEvent, status: RunStatus
) -> None:
    directory = new_run(RunStatus.RUNNING)
    ended(directory, event)
    assert directory.status() is status
