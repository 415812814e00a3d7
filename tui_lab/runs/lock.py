"""Who drives a run: a lock that its worker holds from start to death, and the socket beside it.

Both live in a private directory on a local file system, because locks on a network file system
can't be trusted and the path of a socket must be short.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from pathlib import Path

from tui_lab.config import runtime_directory
from tui_lab.errors import RunError

_PATIENCE = 0.5
"""Seconds to keep trying: a reader that asks `is_held` takes the lock for a moment."""


def lock_path(run_path: Path) -> Path:
    """Where the lock of the run in `run_path` is."""
    return _beside(run_path, ".lock")


def socket_path(run_path: Path) -> Path:
    """Where the worker of the run in `run_path` listens."""
    return _beside(run_path, ".sock")


def is_held(run_path: Path) -> bool:
    """Whether a process on this machine holds the run's lock; nothing is created."""
    try:
        descriptor = os.open(lock_path(run_path), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class RunLock:
    """The lock on the run in `run_path`; the system frees it when its process dies."""

    def __init__(self, run_path: Path) -> None:
        self._run_path = run_path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock; raises `RunError` when another worker drives the run."""
        path = lock_path(self._run_path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _lock(descriptor):
            os.close(descriptor)
            raise RunError(f"{self._run_path.name} is already driven by another worker.")
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock up before the process ends, and remove its file."""
        if self._descriptor is not None:
            lock_path(self._run_path).unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None


def _lock(descriptor: int) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def _beside(run_path: Path, suffix: str) -> Path:
    key = hashlib.sha1(os.fsencode(run_path.resolve()), usedforsecurity=False).hexdigest()[:16]
    return runtime_directory() / f"{key}{suffix}"
