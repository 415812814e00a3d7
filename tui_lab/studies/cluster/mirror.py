"""A run's directory here, while its worker writes on a node: every log a copy, byte for byte.

Whoever holds the run's lock writes the mirror, and nobody else. A local reader takes it for a run
whose worker is on another host, which it is.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tui_lab.errors import RunError
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import loads
from tui_lab.runs.lock import RunLock
from tui_lab.runs.replacement import replacing
from tui_lab.runs.status import StatusRecord
from tui_lab.studies.cluster.outgoing import LOGS, SMALL

_STATUS, _MANIFEST = "status.json", "checkpoints/manifest.json"


class Mirror:
    """The one writer of what is here of a run; raises `RunError` where somebody else is. Its
    methods raise `OSError`, on a full disk for one."""

    def __init__(self, directory: RunDirectory, clock: Callable[[], float] = time.time) -> None:
        self.directory = directory
        self._clock = clock
        self._lock = RunLock(directory.path)
        self._lock.acquire()

    def keep(self) -> None:
        """Put the lock back where its file was swept away; to be called once in a while."""
        self._lock.keep(self.directory.path)

    def close(self) -> None:
        """Nothing more comes, or somebody else will take it from here."""
        self._lock.release()

    @property
    def lengths(self) -> dict[str, int]:
        """How much of each log is here."""
        return {name: self.length(name) for name in LOGS}

    def length(self, name: str) -> int:
        """How much of a file is here."""
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, name: str, offset: int, data: bytes) -> bool:
        """Whether these bytes of a log, from `offset` on, came next, and were written down."""
        if name not in LOGS:
            raise RunError(f"{self.directory.id}: {name[:80]!r} is no log.")
        if offset != self.length(name):
            return False
        self._write(self._path(name), offset, data)
        return True

    def replace(self, name: str, data: bytes, now: float, *, whole: bool = False) -> None:
        """Take over a small file; `now` is what the node's clock showed. Before the files are
        `whole` here, no run is said to be over, and no state to be kept."""
        if name == _STATUS:
            self._take_status(data, now, whole=whole)
        elif name in SMALL and (whole or name != _MANIFEST):
            with replacing(self._made(name)) as file:
                file.write(data)

    def expect(self, host: str) -> None:
        """Say that a worker on `host` is on its way, until it has a word of its own."""
        record = self.directory.status_record()
        if record.status is RunStatus.PENDING:
            self._write_status(replace(record, host=host, heartbeat=self._clock()))

    def lose(self) -> None:
        """Say that no worker is known of any more."""
        record = self.directory.status_record()
        if not record.status.is_finished:
            self._write_status(replace(record, heartbeat=0.0, pid=0))

    def add(self, name: str, offset: int, data: bytes) -> None:
        """Write a part of a file that comes in parts, beside where `settle` will put it."""
        part = self._part(name)
        if not offset:
            part.unlink(missing_ok=True)
        self._write(part, offset, data)

    def settle(self, name: str, sha256: str) -> bool:
        """Whether a file is what it is on the node; one that came in parts takes its place then,
        and otherwise they are thrown away."""
        part = self._part(name)
        path = part if part.exists() else self._path(name)
        with path.open("rb") as file:
            is_same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
            os.fsync(file.fileno())
        if is_same and path is part:
            part.replace(self._path(name))
        elif not is_same:
            part.unlink(missing_ok=True)
        return is_same

    def _take_status(self, data: bytes, now: float, *, whole: bool) -> None:
        try:
            record = StatusRecord.from_json(loads(data))
        except (ValueError, AttributeError):
            return  # the node's next word is in a second
        if record.status.is_finished and not whole:
            record = replace(record, status=RunStatus.RUNNING)
        age = max(0.0, now - record.heartbeat)
        self._write_status(replace(record, heartbeat=self._clock() - age))

    def _write_status(self, record: StatusRecord) -> None:
        """Its directory is this one, and its heartbeat by the clock here."""
        self.directory.write_status(replace(record, inode=self.directory.path.stat().st_ino))

    def _made(self, name: str) -> Path:
        path = self._path(name)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return path

    def _part(self, name: str) -> Path:
        return self._made(name).with_name(f".{Path(name).name}.part")

    def _path(self, name: str) -> Path:
        return self.directory.path / name

    def _write(self, path: Path, offset: int, data: bytes) -> None:
        """Where the disk fills up, what was there stays as it was."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        view, written = memoryview(data), 0
        try:
            while written < len(data):
                written += os.pwrite(descriptor, view[written:], offset + written)
        except OSError:
            os.ftruncate(descriptor, offset)
            raise
        finally:
            os.close(descriptor)
