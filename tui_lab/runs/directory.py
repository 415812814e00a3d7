"""One run on disk: what was asked of it, its state, and whether its worker still lives."""

from __future__ import annotations

import os
import pwd
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from tui_lab import checks
from tui_lab.errors import HomeError, RunUnreadable
from tui_lab.events import RunEnded, RunEvent, RunFailed, RunFinished, RunStopped
from tui_lab.run import FORMAT, RunRequest, RunStatus, new_run_id
from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.lock import is_held, lock_path, socket_path
from tui_lab.runs.regular_file import read_regular
from tui_lab.runs.replacement import replacing
from tui_lab.runs.status import StatusRecord
from tui_lab.runs.tail import last_event

T = TypeVar("T")

FRESH = 15.0
"""Seconds for which a heartbeat proves a worker alive where its lock can't be asked."""
STARTING = 30.0
"""Seconds that a run may wait for its worker before it counts as crashed."""

_ENDINGS = {
    RunFinished: RunStatus.FINISHED,
    RunStopped: RunStatus.STOPPED,
    RunFailed: RunStatus.FAILED,
}
_RESERVE = 64 * 1024
_SIGNALS, _EXIT_STATUSES = 64, 255
"""The largest of each."""
_MOST_BYTES = 8 << 20
"""Of a file that holds one JSON object; the last metrics of 100,000 parameters take as many."""


def host_name() -> str:
    """The name by which records know this machine."""
    return os.uname().nodename


class RunDirectory:
    """The directory of one run. Reading raises `RunUnreadable`, in one sentence."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def events_path(self) -> Path:
        """The log, one event per line."""
        return self.path / "events.jsonl"

    @property
    def log_path(self) -> Path:
        """What the worker printed."""
        return self.path / "worker.log"

    @property
    def reserve_path(self) -> Path:
        """What `reserve` sets aside."""
        return self.path / "reserve"

    def reserve(self) -> None:
        """Set bytes aside, so that a disk which fills up leaves room to say so; raises `OSError`
        when there are not enough."""
        try:
            if not self.reserve_path.exists():
                self.reserve_path.write_bytes(bytes(_RESERVE))
        except OSError:
            self.reserve_path.unlink(missing_ok=True)
            raise

    @classmethod
    def create(cls, runs: Path, request: RunRequest, now: datetime) -> RunDirectory:
        """Make the directory of a new run, with `request` in it, and `runs` where that is missing;
        raises `HomeError` when the disk is full or can't be written."""
        created = request.created or now.astimezone(UTC).isoformat(timespec="milliseconds")
        path = None
        try:
            runs.mkdir(parents=True, exist_ok=True)
            path = _new_directory(runs, request.experiment, now)
            with replacing(path / "run.json", durable=True) as file:
                file.write(dumps(replace(request, created=created).to_json(), indent=True) + b"\n")
            cls(path).reserve()
            socket_path(path)  # better said now than by a worker that nobody hears
        except OSError as error:
            if path is not None:
                shutil.rmtree(path, ignore_errors=True)
            raise HomeError(
                f"No run can be started in {runs} ({error.strerror or error}); "
                "set TUI_LAB_HOME to a directory that you can write and that has room."
            ) from error
        return cls(path)

    def request(self) -> RunRequest:
        """What the run was asked to be."""
        data = self._object("run.json")
        written = data.get("format")
        if isinstance(written, int) and written > FORMAT:
            versions = f"format {written}, this one reads {FORMAT}"
            message = f"{self._name} was written by a newer tui-lab ({versions}); update tui-lab."
            raise RunUnreadable(message)
        return self._checked("run.json", RunRequest.from_json, data)

    def status_record(self) -> StatusRecord:
        """The worker's own last word, whether or not it lives; PENDING before its first. Where
        status.json can't be read, what the log ends with, and `error` says why."""
        try:
            data = self._object("status.json")
            return self._checked("status.json", StatusRecord.from_json, data)
        except RunUnreadable as error:
            last = last_event(self.events_path)
            if isinstance(error.__cause__, FileNotFoundError) and not isinstance(last, RunEnded):
                return StatusRecord()
            if last is None:
                raise
            return _record_of(last, str(error))

    def write_status(self, record: StatusRecord) -> None:
        """Replace the record; raises `OSError`, on a full disk for one, and keeps the old."""
        _write(self.path / "status.json", asdict(record))

    def exit_status(self) -> int | None:
        """How the worker's process ended (minus the signal's number when killed by one), when it
        died without a last event and its parent was there to see."""
        try:
            return checks.whole(self._object("exit.json").get("code"), -_SIGNALS, _EXIT_STATUSES)
        except (RunUnreadable, ValueError):  # none, or one that explains nothing
            return None

    def write_exit_status(self, code: int) -> None:
        """Leave word of how the worker's process ended; for the parent that reaped it."""
        _write(self.path / "exit.json", {"code": code})

    def status(self) -> RunStatus:
        """The record's status, unless its worker is gone: then what the log's last event says, or
        CRASHED when that is no end. A run waits `STARTING` seconds for its worker."""
        record = self.status_record()
        if record.status.is_finished or self._has_worker(record):
            return record.status
        last = last_event(self.events_path)
        if isinstance(last, RunEnded):
            return _ENDINGS[type(last)]
        return record.status if self._is_starting(record) else RunStatus.CRASHED

    def is_live(self) -> bool:
        """Whether a worker drives the run now."""
        record = self.status_record()
        return not record.status.is_finished and self._has_worker(record)

    def _has_worker(self, record: StatusRecord) -> bool:
        fresh = abs(time.time() - record.heartbeat) < FRESH  # clocks may go back
        if record.inode and record.inode != _inode(self.path):
            return False  # a copy: the worker writes to the original
        if record.host not in ("", host_name()):
            return fresh  # its lock is on that machine
        if lock_path(self.path).exists():
            return is_held(self.path)
        # Directories for temporary files get cleaned while runs go on.
        return fresh and _is_process(record.pid)

    def _is_starting(self, record: StatusRecord) -> bool:
        if record.status is not RunStatus.PENDING or self.exit_status() is not None:
            return False
        now = datetime.now(UTC)
        created = checks.moment(self.request().created, now)
        return created is not None and abs((now - created).total_seconds()) < STARTING

    @property
    def _name(self) -> str:
        return "".join(c if c.isprintable() else "�" for c in self.id)

    def _object(self, name: str) -> dict[str, Any]:
        """The JSON object in one of the run's files."""
        try:
            data = loads(read_regular(self.path / name, _MOST_BYTES))
        except OSError as error:
            raise RunUnreadable(self._why_not(name, error)) from error
        except ValueError as error:
            raise RunUnreadable(f"{name} of {self._name} is torn: it is not JSON.") from error
        if not isinstance(data, dict):
            raise RunUnreadable(f"{name} of {self._name} does not hold a JSON object.")
        return data

    def _checked(
        self, name: str, read: Callable[[Mapping[str, Any]], T], data: dict[str, Any]
    ) -> T:
        try:
            return read(data)
        except ValueError as error:
            raise RunUnreadable(f"{name} of {self._name} can't be used: {error}.") from error

    def _why_not(self, name: str, error: OSError) -> str:
        if isinstance(error, FileNotFoundError):
            what = f"has no {name}" if self.path.exists() else "does not exist"
            return f"{self._name} {what}."
        if isinstance(error, NotADirectoryError):
            return f"{self._name} is not a directory."
        owner = _other_owner(self.path) if isinstance(error, PermissionError) else ""
        if owner:
            return f"{self._name} belongs to {owner} and can't be read."
        return f"{name} of {self._name} can't be read ({error.strerror or error})."


def _record_of(event: RunEvent, why: str) -> StatusRecord:
    """What a log that ends with `event` says of its worker; `why` there is no better word."""
    if isinstance(event, RunEnded):
        metrics = {key: float(value) for key, value in event.metrics.items()}
        status, step, epoch = _ENDINGS[type(event)], event.step, event.epoch
        return StatusRecord(status=status, step=step, epoch=epoch, metrics=metrics, error=why)
    return StatusRecord(status=RunStatus.RUNNING, error=why)


def _write(path: Path, data: object) -> None:
    with replacing(path) as file:
        file.write(dumps(data) + b"\n")


def _new_directory(runs: Path, experiment: str, now: datetime) -> Path:
    while True:
        path = runs / new_run_id(experiment, now)
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue  # the same four digits in the same second: draw again
        return path


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _is_process(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # there, and someone else's
    return True


def _other_owner(path: Path) -> str:
    """The user a path belongs to, when that is someone else and can be told."""
    try:
        owner = path.stat().st_uid
    except OSError:
        return ""
    if owner == os.geteuid():
        return ""
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"user {owner}"
