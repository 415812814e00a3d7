"""What all tests share: property tests that take their time on a busy machine, a directory that
other users can look into, and no process left behind by any file of them."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.leftovers import MARK, end_marked

# Before torch is imported, here or in a worker: tests run beside each other, a core for each.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_LEAVING = 5.0
"""Seconds that a process which was told to end may still take."""


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left_behind() -> Iterator[None]:
    """A file of tests that leaves processes running has failed, and they are ended."""
    os.environ[MARK] = mark = f"{os.getpid()}-{time.monotonic_ns()}"
    yield
    left = end_marked(mark, grace=_LEAVING)
    assert not left, f"still running: {left}"


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that other users can search, which pytest's own are not."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
