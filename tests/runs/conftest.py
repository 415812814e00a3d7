"""A directory for runs, a private one for locks, and runs to put there."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import pytest

from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.runs.status import StatusRecord

HANGS = 60
"""Seconds after which a reader will not come back."""

NewRun = Callable[..., RunDirectory]


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Locks and sockets of a test stay with the test."""
    path = tmp_path_factory.mktemp("runtime")
    monkeypatch.setattr(tempfile, "tempdir", str(path))
    return path


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    path = tmp_path / "runs"
    path.mkdir()
    return path


@pytest.fixture
def new_run(runs: Path) -> NewRun:
    """Makes a run; with a status, its worker is gone and has left that record."""

    def make(
        status: RunStatus | None = None, *, now: datetime | None = None, **fields: object
    ) -> RunDirectory:
        values: dict[str, object] = {"experiment": "weight-decay", "program": "module:Class"}
        values |= {"hyperparameters": {"lr": 0.1}, **fields}
        request = RunRequest(**values)  # type: ignore[arg-type]
        directory = RunDirectory.create(runs, request, now or datetime.now(UTC))
        if status is not None:
            directory.write_status(StatusRecord(status=status, host=host_name(), pid=1))
        return directory

    return make


@pytest.fixture
def heartbeat() -> Callable[..., StatusRecord]:
    """Makes the record of a running worker whose last heartbeat is `age` seconds old."""

    def make(age: float, **fields: object) -> StatusRecord:
        values: dict[str, object] = {"status": RunStatus.RUNNING, "host": host_name()}
        values |= {"heartbeat": time.time() - age, **fields}
        return StatusRecord(**values)  # type: ignore[arg-type]

    return make


@pytest.fixture
def impatient() -> Iterator[None]:
    """A reader that waits for someone else is a failure, and not a test that never ends."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise AssertionError("a reader hangs")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(HANGS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
