"""A full disk holds a run and loses nothing of it: no half line, no missing step."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.worker.walker import DEADLINE, LONG, Until, Walk
from tui_lab.commands import (
    Pause,
    Resume,
)
from tui_lab.events import (
    RunFinished,
    RunPaused,
    RunResumed,
)
from tui_lab.run import RunStatus
from tui_lab.runs.tail import read_events
from tui_lab.worker.client import stop_run
from tui_lab.worker.process import WorkerProcess


def limit_files(worker: WorkerProcess, size: int) -> None:
    """Let no file of the worker grow beyond `size` bytes: to it the disk is full."""
    _, most = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (size, most))


def test_on_a_full_disk_it_pauses_and_goes_on_when_there_is_room(walk: Walk, until: Until) -> None:
    walker = walk(**LONG)
    walker.wait_for_step(5)
    limit_files(walker.worker, walker.directory.events_path.stat().st_size + 5000)
    until(lambda: walker.directory.status() is RunStatus.PAUSED)
    assert "free some space" in walker.directory.status_record().error
    held = walker.directory.events_path.read_bytes()
    assert held.endswith(b"\n")
    assert not walker.tell(Resume()).ok
    assert walker.directory.events_path.read_bytes() == held
    limit_files(walker.worker, resource.RLIM_INFINITY)
    walker.wait_for(RunResumed)
    walker.wait_for_step(walker.step() + 5)
    walker.tell(Pause())
    assert walker.losses() == [100 - 0.5 * k for k in range(walker.step())]
    (paused, *_) = walker.events(RunPaused)
    assert "free some space" in paused.reason


def test_a_run_that_has_no_room_to_begin_waits_for_it(walk: Walk, until: Until) -> None:
    walker = walk(begun=False)
    limit_files(walker.worker, 600)  # enough for a status, too little for the first event
    until(lambda: walker.directory.status() is RunStatus.PAUSED)
    assert "free some space" in walker.directory.status_record().error
    assert not walker.tell(Resume()).ok
    assert list(read_events(walker.directory.events_path)) == []
    limit_files(walker.worker, resource.RLIM_INFINITY)
    assert walker.worker.wait(DEADLINE) == 0
    assert isinstance(walker.last(), RunFinished)
    assert walker.losses() == [100 - 0.5 * k for k in range(6)]


def test_it_can_be_stopped_though_its_end_finds_no_room(walk: Walk, until: Until) -> None:
    walker = walk(begun=False)
    limit_files(walker.worker, 600)
    until(lambda: walker.directory.status() is RunStatus.PAUSED)
    assert stop_run(walker.directory) is RunStatus.STOPPED
    assert walker.worker.wait(DEADLINE) == 0
    assert walker.directory.events_path.read_bytes() == b""
    assert "File too large" in walker.directory.status_record().error


@pytest.fixture
def small_disk(runs: Path) -> Iterator[Path]:
    """`runs` on a file system of its own with room for 256 KiB."""
    if os.getuid() != 0:
        pytest.skip("only root can mount")
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(runs)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield runs
    subprocess.run(["umount", "-l", str(runs)], check=True)


def fill(file: BinaryIO) -> None:
    """Leave no room on the file's disk."""
    with suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_on_a_disk_that_is_full_to_the_last_byte_it_pauses(
    small_disk: Path, walk: Walk, until: Until
) -> None:
    filler = small_disk / "filler"
    walker = walk(behaviour="chatter", **LONG)
    with filler.open("wb", buffering=0) as file:
        fill(file)
    until(lambda: walker.directory.status() is RunStatus.PAUSED)
    walker.wait_for(RunPaused)
    filler.unlink()
    walker.wait_for(RunResumed)
    walker.wait_for_step(walker.step() + 5)
    walker.tell(Pause())
    assert walker.losses() == [100 - 0.5 * k for k in range(walker.step())]
