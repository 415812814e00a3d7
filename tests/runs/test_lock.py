"""Protects the one answer to "is somebody driving this run?": the lock lives exactly as long as
its process."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tui_lab.config import runtime_directory
from tui_lab.errors import HomeError, RunError
from tui_lab.runs import lock
from tui_lab.runs.lock import RunLock, holder, is_held, lock_path, socket_path, sweep

HOLDER = """
import sys, tempfile
from pathlib import Path
tempfile.tempdir = sys.argv[1]
from tui_lab.runs.lock import RunLock
RunLock(Path(sys.argv[2])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    held = RunLock(tmp_path)
    assert not is_held(tmp_path)
    held.acquire()
    assert is_held(tmp_path)
    held.release()
    assert not is_held(tmp_path)
    assert not lock_path(tmp_path).exists()


def test_asking_creates_nothing(tmp_path: Path) -> None:
    is_held(tmp_path)
    assert not lock_path(tmp_path).exists()


def test_there_is_no_second_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_PATIENCE", 0.0)
    first = RunLock(tmp_path)
    first.acquire()
    with pytest.raises(RunError, match="already driven by another worker"):
        RunLock(tmp_path).acquire()
    assert is_held(tmp_path)
    first.release()


def test_kill_frees_the_lock(tmp_path: Path, runtime: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(runtime), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_held(tmp_path)
        holder.kill()
    assert lock_path(tmp_path).exists()
    assert not is_held(tmp_path)
    again = RunLock(tmp_path)
    again.acquire()
    again.release()


def test_a_child_that_outlives_its_worker_does_not_hold_the_lock(tmp_path: Path) -> None:
    held, (reads, writes), (hears, says) = RunLock(tmp_path), os.pipe(), os.pipe()
    held.acquire()
    child = os.fork()
    if not child:
        os.close(writes)
        held.release()  # which is not the child's to do
        os.write(says, b".")
        os.read(reads, 1)  # until it may end
        os._exit(0)
    os.close(reads)
    try:
        assert os.read(hears, 1) == b"."
        assert is_held(tmp_path)
        os.close(held._descriptor)  # as the end of the process does
        assert lock_path(tmp_path).exists()
        assert not is_held(tmp_path)
    finally:
        lock._held.discard(held._descriptor)
        for descriptor in (writes, hears, says):
            os.close(descriptor)
        os.waitpid(child, 0)


def test_names_are_short_private_and_the_same_through_a_link(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    link = tmp_path / "link"
    link.symlink_to(run)
    assert socket_path(link) == socket_path(run)
    assert len(socket_path(run).name) == len("0123456789abcdef.sock")
    assert lock_path(run).with_suffix(".sock") == socket_path(run)
    held = RunLock(run)
    held.acquire()
    assert stat.S_IMODE(lock_path(run).stat().st_mode) == 0o600
    assert stat.S_IMODE(lock_path(run).parent.stat().st_mode) == 0o700
    held.release()


def test_the_holder_has_written_itself_down(tmp_path: Path) -> None:
    mine = RunLock(tmp_path)
    mine.acquire()
    assert holder(tmp_path) == os.getpid()
    mine.release()
    assert holder(tmp_path) == 0


def test_a_number_nobody_holds_the_lock_for_is_no_holder(tmp_path: Path) -> None:
    lock_path(tmp_path).write_text("12345")
    assert holder(tmp_path) == 0


def test_what_dead_workers_left_is_swept_and_what_live_ones_hold_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(lock, "_LONGEST_SOCKET", 107)  # the paths of tests are long
    live, dead, young = (tmp_path / name for name in ("live", "dead", "young"))
    mine = RunLock(live)
    mine.acquire()
    listener = bound(socket_path(live))
    listener.listen()
    lock_path(dead).touch()
    bound(socket_path(dead)).close()
    for path in runtime_directory().iterdir():
        os.utime(path, (0, 0))
    lock_path(young).touch()
    sweep()
    left = {path.name for path in runtime_directory().iterdir()}
    assert left == {path.name for path in (lock_path(live), socket_path(live), lock_path(young))}
    listener.close()
    mine.release()


def test_a_path_too_long_for_a_socket_is_said_with_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setenv("TMPDIR", str(deep))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with pytest.raises(HomeError, match="too long a path for a socket; set TMPDIR"):
        socket_path(tmp_path)


def bound(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    return listener
