"""What all tests share: property tests that take their time on a busy machine, a directory that
other users can look into, and no process left behind by any file of them."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_MARK = "TUI_LAB_TESTS"
"""In the environment of every process that these tests start, and of those these start in turn."""
_LEAVING = 5.0
"""Seconds that a process which was told to end may still take."""


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left_behind() -> Iterator[None]:
    """A file of tests that leaves processes running has failed, and they are ended."""
    os.environ[_MARK] = mark = f"{os.getpid()}-{time.monotonic_ns()}"
    yield
    deadline = time.monotonic() + _LEAVING
    while (left := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not left, f"still running: {list(left.values())}"


def _marked(mark: str) -> dict[int, str]:
    """The command of every process with this mark, but for this one, zombies and where there is no
    /proc to tell."""
    wanted, found = f"{_MARK}={mark}".encode(), dict[int, str]()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended, or belongs to somebody else
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
    return {pid: command for pid, command in found.items() if command and pid != os.getpid()}


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that other users can search, which pytest's own are not."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
