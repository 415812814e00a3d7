"""A worker stays where others look for it: its lock and socket, wherever the run's directory goes.

Directories for temporary files get cleaned, and run directories renamed, copied and removed, while
a run goes on. The directory itself is held by a descriptor, which follows it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock, socket_path
from tui_lab.worker.control import Control

_LONGEST_PATH = 1024


class Presence:
    """What is looked after once a second; `leave` ends a worker whose run is gone."""

    def __init__(
        self,
        directory: RunDirectory,
        lock: RunLock,
        control: Control,
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        self._directory = directory
        self._lock = lock
        self._control = control
        self._leave = leave
        self._descriptor = os.open(directory.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def check(self) -> None:
        """Follow the run's directory, and put back what was swept away. With the directory gone, or
        its log, what is written goes nowhere: the worker ends at once."""
        path = self._find()
        if path is None:
            self._go("directory")
            return
        self._directory.path = path
        if not self._directory.events_path.exists():
            self._go("log")
            return
        self._lock.keep(path)
        self._control.keep(socket_path(path))

    def close(self) -> None:
        """Let go of the directory."""
        os.close(self._descriptor)

    def _go(self, lost: str) -> None:
        print(f"The run's {lost} was removed; its worker ends.", flush=True)
        self._control.path.unlink(missing_ok=True)
        self._lock.release()
        self._leave(1)

    def _find(self) -> Path | None:
        """Where the directory is now; None when it was removed."""
        held = os.fstat(self._descriptor)
        for path in (self._directory.path, _named(self._descriptor)):
            if _is_at(held, path):
                return path
        return None


def _is_at(held: os.stat_result, path: Path) -> bool:
    try:
        return os.path.samestat(held, os.stat(path))
    except OSError:
        return False


def _named(descriptor: int) -> Path:
    """The name that the system has for an open directory."""
    if hasattr(fcntl, "F_GETPATH"):
        name: bytes = fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(_LONGEST_PATH))
        return Path(os.fsdecode(name.rstrip(b"\0")))
    return Path(os.readlink(f"/proc/self/fd/{descriptor}"))
