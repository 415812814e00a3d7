"""Protects the guard of all tests: a process that outlives the tests that started it is found, also
when it has left its parent's session, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.leftovers import MARK, end_marked

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="there is no /proc to look in")

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_a_process_left_behind_is_found_and_ended() -> None:
    environ = {**os.environ, MARK: "left behind"}
    child = subprocess.Popen(SLEEP, env=environ, start_new_session=True)
    (command,) = end_marked("left behind", grace=0.0)
    assert "time.sleep(600)" in command
    assert child.wait(10) == -signal.SIGKILL


def test_one_that_ends_in_time_is_none() -> None:
    environ = {**os.environ, MARK: "in time"}
    with subprocess.Popen([sys.executable, "-c", ""], env=environ):
        assert end_marked("in time", grace=30.0) == []


def test_others_are_left_alone() -> None:
    environ = {**os.environ, MARK: "another"}
    with subprocess.Popen(SLEEP, env=environ) as child:
        try:
            assert end_marked("left behind", grace=0.0) == []
            assert child.poll() is None
        finally:
            child.kill()
