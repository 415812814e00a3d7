"""Who drives a run: a lock that its worker holds from start to death, and the socket beside it.

Both live in a private directory on a local file system, because locks on a network file system
can't be trusted and the path of a socket must be short.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from tui_lab.config import runtime_directory
from tui_lab.errors import HomeError, RunError

_PATIENCE = 0.5
"""Seconds to keep trying: a reader that asks `is_held` takes the lock for a moment."""
_SETTLED = 60.0
"""Seconds for which a file that nobody holds may still be on its way to a worker."""
_MOST_DIGITS = 20
_LONGEST_SOCKET = 103
"""Bytes; Linux takes 107, other systems fewer."""


def lock_path(run_path: Path) -> Path:
    """Where the lock of the run in `run_path` is."""
    return _beside(run_path, ".lock")


def socket_path(run_path: Path) -> Path:
    """Where the worker of the run in `run_path` listens; raises `HomeError` where the system takes
    no path of that length."""
    path = _beside(run_path, ".sock")
    if len(os.fsencode(path)) > _LONGEST_SOCKET:
        message = f"{path.parent} is too long a path for a socket; set TMPDIR to a shorter one."
        raise HomeError(message)
    return path


def is_held(run_path: Path) -> bool:
    """Whether a process on this machine holds the run's lock; nothing is created."""
    return _is_locked(lock_path(run_path))


def holder(run_path: Path) -> int:
    """The process that holds the run's lock, as it wrote itself down there; 0 when none does."""
    try:
        text = lock_path(run_path).read_bytes()[:_MOST_DIGITS]
    except OSError:
        return 0
    return int(text) if text.isdigit() and is_held(run_path) else 0


def sweep() -> None:
    """Remove what dead workers left behind: locks nobody holds, sockets nobody listens at."""
    with suppress(HomeError):  # nothing is there; whoever needs the directory will say so
        for path in runtime_directory().iterdir():
            with suppress(OSError):  # gone meanwhile, or not to be removed: it does no harm
                if time.time() - path.stat().st_mtime > _SETTLED and _is_left(path):
                    path.unlink()


_held: set[int] = set()
"""Descriptors of the locks of this process."""


def _let_go() -> None:
    """A child, such as a loader's worker, is not who drives the run: it may outlive that process,
    which holds the lock alone."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_let_go)


class RunLock:
    """The lock on the run in `run_path`; the system frees it when its process dies."""

    def __init__(self, run_path: Path) -> None:
        self._path = lock_path(run_path)
        self._name = run_path.name
        self._descriptor = -1

    def acquire(self) -> None:
        """Take the lock; raises `RunError` when another worker drives the run."""
        self._descriptor = _taken(self._path)
        if self._descriptor < 0:
            raise RunError(f"{self._name} is already driven by another worker.")

    def keep(self, run_path: Path) -> None:
        """Hold the lock of the run in `run_path`: take it again where its file was swept away, or
        the run moved. While somebody else holds that, the next call tries again."""
        path = lock_path(run_path)
        if path == self._path and _is_file(self._descriptor, path):
            return
        descriptor = _taken(path)
        if descriptor >= 0:
            before, self._path = self._path, path
            _close(self._descriptor)
            self._descriptor = descriptor
            if before != path:
                before.unlink(missing_ok=True)

    def release(self) -> None:
        """Give the lock up before the process ends, and remove its file."""
        if self._descriptor in _held:
            self._path.unlink(missing_ok=True)
            _close(self._descriptor)
            self._descriptor = -1


def _taken(path: Path) -> int:
    """A descriptor of the lock file at `path`, locked, with this process written down in it; -1
    when somebody else keeps it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _lock(descriptor):
            os.close(descriptor)
            return -1
        if _is_file(descriptor, path):
            break
        os.close(descriptor)  # swept away between the two: what is locked is no file any more
    os.ftruncate(descriptor, 0)
    with suppress(OSError):  # a full disk: the lock holds, and forces nobody to be signalled
        os.pwrite(descriptor, b"%d" % os.getpid(), 0)
    _held.add(descriptor)
    return descriptor


def _close(descriptor: int) -> None:
    _held.discard(descriptor)
    os.close(descriptor)


def _is_file(descriptor: int, path: Path) -> bool:
    """Whether `descriptor` is of the file that stands at `path`."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _is_left(path: Path) -> bool:
    """Whether a lock or a socket has nobody behind it."""
    if path.suffix == ".lock":
        return not _is_locked(path)
    if path.suffix != ".sock":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)
        return connection.connect_ex(str(path)) == errno.ECONNREFUSED


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


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
