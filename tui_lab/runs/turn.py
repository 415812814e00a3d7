"""One after another: who changes a small file of a run reads it and writes it while nobody else
does."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tui_lab.runs.lock import lock_path

_PATIENCE = 10.0
"""Seconds; a change takes milliseconds."""


@contextmanager
def turn(run_path: Path) -> Iterator[None]:
    """Hold the run in `run_path` for a change of its small files; raises `OSError` where it is not
    there, or somebody keeps it.

    The directory itself is locked, which leaves nothing behind. Where the file system does not
    lock directories, as NFS, a file is, where the locks of workers are: that holds on one machine.
    """
    deadline = time.monotonic() + _PATIENCE
    while not (descriptors := _taken(run_path)):
        if time.monotonic() >= deadline:
            raise TimeoutError(errno.ETIMEDOUT, "somebody else is changing it")
        time.sleep(0.005)
    try:
        yield
    finally:
        os.close(descriptors[0])


def _taken(run_path: Path) -> tuple[int, ...]:
    """A locked descriptor; none while somebody else has it."""
    descriptor = os.open(run_path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with suppress(OSError):  # of a file system that does not lock directories
        return _locked(descriptor)
    path = lock_path(run_path / "changes")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    found = _locked(descriptor)
    if found and not (path.exists() and os.path.samestat(os.fstat(descriptor), path.stat())):
        os.close(descriptor)  # swept away between the two
        return ()
    return found


def _locked(descriptor: int) -> tuple[int, ...]:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return ()
        raise
    return (descriptor,)
