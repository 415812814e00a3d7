"""What runs on this node: a directory for each attempt at a trial, which its worker alone writes.

They lie beside `runs/`, never in it: where home directories are shared between machines, the run's
mirror is there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tui_lab.config import home_directory
from tui_lab.errors import RunError, RunUnreadable
from tui_lab.run import RunStatus, is_run_id
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.client import stop_run
from tui_lab.worker.process import COMMAND, WorkerProcess, start_run

_SENT = frozenset({"run.json", "source.py"})
"""What a run has before its worker begins; nothing else is ever written there for it."""


class Attempts:
    """The attempts below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def here(cls) -> Attempts:
        """Those of this machine's user; raises `HomeError`."""
        return cls(home_directory() / "attempts")

    def of(self, run_id: str) -> RunDirectory:
        """The directory of one, there or not; raises `RunError` for what is no name of a run."""
        if not is_run_id(run_id):
            raise RunError(f"{run_id[:80]!r} is not the name of a run.")
        return RunDirectory(self.root / run_id)

    def begin(
        self, run_id: str, files: Mapping[str, bytes], environment: Mapping[str, str]
    ) -> WorkerProcess:
        """Make a new attempt of these `files` and start its worker, with `environment` beside its
        own; raises `RunError` where there is one already, or it can't be."""
        directory = self.of(run_id)
        try:
            directory.path.mkdir(mode=0o700, parents=True)
            for name in files.keys() & _SENT:
                (directory.path / name).write_bytes(files[name])
            directory.reserve()
        except FileExistsError:
            raise RunError(f"{run_id} was begun here before.") from None
        except OSError as error:
            shutil.rmtree(directory.path, ignore_errors=True)
            reason = error.strerror or str(error)
            raise RunError(f"{self.root} can't be written ({reason}).") from error
        settings = [f"{name}={value}" for name, value in environment.items()]
        return start_run(directory, command=("/usr/bin/env", *settings, *COMMAND))

    def is_under_way(self, run_id: str, host: str = "") -> bool:
        """Whether its worker lives, or is about to; on `host`, where one is named."""
        directory = self.of(run_id)
        try:
            if host and directory.status_record().host != host:
                return False
            return directory.is_live() or directory.status() is RunStatus.PENDING
        except RunUnreadable:
            return False

    def listed(self) -> list[str]:
        """The names of all that are here, over or not."""
        try:
            return [name for name in os.listdir(self.root) if is_run_id(name)]
        except OSError:
            return []

    def stop(self, run_id: str, reason: str) -> RunStatus:
        """End it: by command, then by force. Takes seconds."""
        return stop_run(self.of(run_id), reason=reason)

    def remove(self, run_id: str) -> None:
        """Remove what is over; one that is under way stays."""
        if not self.is_under_way(run_id):
            shutil.rmtree(self.of(run_id).path, ignore_errors=True)
