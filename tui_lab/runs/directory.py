"""One run on disk: what was asked of it, its state, and whether its worker still lives."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_lab import checks
from tui_lab.errors import ExperimentError, HomeError, RunUnreadable
from tui_lab.events import RunEnded, RunEvent, status_of
from tui_lab.run import FORMAT, RunRequest, RunStatus, new_run_id
from tui_lab.runs.lock import is_held, lock_path, socket_path
from tui_lab.runs.object_file import ObjectFile
from tui_lab.runs.reserve import set_aside
from tui_lab.runs.source import keep_source
from tui_lab.runs.status import StatusRecord
from tui_lab.runs.tail import last_event

FRESH = 15.0
"""Seconds for which a heartbeat proves a worker alive where its lock can't be asked."""
STARTING = 30.0
"""Seconds that a run may wait for its worker before it counts as crashed."""

_SIGNALS, _EXIT_STATUSES = 64, 255
"""The largest of each."""


def host_name() -> str:
    """The name by which records know this machine."""
    return os.uname().nodename


class RunDirectory:
    """The directory of one run. Reading raises `RunUnreadable`, in one sentence."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._exit = ObjectFile(path, "exit.json")
        self._resumption = ObjectFile(path, "resume.json")

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
        set_aside(self.reserve_path)

    @classmethod
    def create(cls, runs: Path, request: RunRequest, now: datetime) -> RunDirectory:
        """Make the directory of a new run, with `request` in it, and `runs` where that is missing;
        raises `HomeError` when the disk is full or can't be written."""
        created = request.created or now.astimezone(UTC).isoformat(timespec="milliseconds")
        path = None
        try:
            runs.mkdir(parents=True, exist_ok=True)
            path = _new_directory(runs, request.experiment, now)
            asked = replace(request, created=created).to_json()
            ObjectFile(path, "run.json").write(asked, durable=True, indent=True)
            keep_source(runs, path, request)
            cls(path).reserve()
            socket_path(path)  # better said now than by a worker that nobody hears
        except (OSError, ExperimentError) as error:
            if path is not None:
                shutil.rmtree(path, ignore_errors=True)
            if isinstance(error, ExperimentError):
                raise
            raise HomeError(
                f"No run can be started in {runs} ({error.strerror or error}); "
                "set TUI_LAB_HOME to a directory that you can write and that has room."
            ) from error
        return cls(path)

    def request(self) -> RunRequest:
        """What the run was asked to be."""
        file = ObjectFile(self.path, "run.json")
        data = file.read()
        written = data.get("format")
        if isinstance(written, int) and written > FORMAT:
            versions = f"format {written}, this one reads {FORMAT}"
            message = f"{file.run} was written by a newer tui-lab ({versions}); update tui-lab."
            raise RunUnreadable(message)
        return file.checked(RunRequest.from_json, data)

    def status_record(self) -> StatusRecord:
        """The worker's own last word, whether or not it lives; PENDING before its first. Where
        status.json can't be read, what the log ends with, and `error` says why."""
        try:
            return ObjectFile(self.path, "status.json").checked(StatusRecord.from_json)
        except RunUnreadable as error:
            last = last_event(self.events_path)
            if isinstance(error.__cause__, FileNotFoundError) and not isinstance(last, RunEnded):
                return StatusRecord()
            if last is None:
                raise
            return _record_of(last, str(error))

    def write_status(self, record: StatusRecord) -> None:
        """Replace the record; raises `OSError`, on a full disk for one, and keeps the old."""
        ObjectFile(self.path, "status.json").write(asdict(record))

    def expect(self) -> None:
        """Write down that a worker is on its way to a run that never had one, however long ago the
        run was made; raises `OSError`."""
        self.write_status(StatusRecord(heartbeat=time.time()))

    def exit_status(self) -> int | None:
        """How the worker's process ended (minus the signal's number when killed by one), when it
        died without a last event and its parent was there to see."""
        try:
            code = self._exit.read().get("code")
            return checks.whole(code, -_SIGNALS, _EXIT_STATUSES)
        except (RunUnreadable, ValueError):  # none, or one that explains nothing
            return None

    def write_exit_status(self, code: int) -> None:
        """Leave word of how the worker's process ended; for the parent that reaped it."""
        self._exit.write({"code": code})

    @property
    def resume_path(self) -> Path:
        """What `ask_to_resume` writes."""
        return self._resumption.path

    def ask_to_resume(self, values: Mapping[str, Any]) -> None:
        """Write down that the next worker is to take the run up, with new `values` (JSON form) of
        hyperparameters; the run waits for that worker. For a run without one. Raises `OSError`."""
        record = self.status_record()
        asked = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._resumption.write({"asked": asked, "values": values}, durable=True)
        self._exit.path.unlink(missing_ok=True)
        waits = replace(record, status=RunStatus.PENDING, pid=0, host="", error="")
        self.write_status(waits)

    def resumption(self) -> Mapping[str, Any] | None:
        """The new values with which the run is to be taken up, or was the last time; None for one
        that was never asked to go on. Raises `RunUnreadable` when that can't be told."""
        try:
            return self._resumption.checked(_resumed_values)
        except RunUnreadable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def status(self) -> RunStatus:
        """The record's status, unless its worker is gone: then what the log's last event says, or
        CRASHED when that is no end. A run waits `STARTING` seconds for its worker, a run that is
        to be taken up again as long for its next."""
        record = self.status_record()
        if record.status.is_finished or self._has_worker(record):
            return record.status
        if self._is_starting(record):
            return RunStatus.PENDING
        last = last_event(self.events_path)
        return status_of(last) if isinstance(last, RunEnded) else RunStatus.CRASHED

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
        return fresh and is_process(record.pid)

    def _is_starting(self, record: StatusRecord) -> bool:
        if record.status is not RunStatus.PENDING or self.exit_status() is not None:
            return False
        if not record.pid and abs(time.time() - record.heartbeat) < STARTING:
            return True  # as `expect` wrote down
        now = datetime.now(UTC)
        try:
            since = str(self._resumption.read().get("asked"))
        except RunUnreadable:
            since = self.request().created
        asked = checks.moment(since, now)
        return asked is not None and abs((now - asked).total_seconds()) < STARTING


def _record_of(event: RunEvent, why: str) -> StatusRecord:
    """What a log that ends with `event` says of its worker; `why` there is no better word."""
    if isinstance(event, RunEnded):
        metrics = {key: float(value) for key, value in event.metrics.items()}
        status, step, epoch = status_of(event), event.step, event.epoch
        return StatusRecord(status=status, step=step, epoch=epoch, metrics=metrics, error=why)
    return StatusRecord(status=RunStatus.RUNNING, error=why)


def _resumed_values(data: Mapping[str, Any]) -> Mapping[str, Any]:
    check = checks.mapped(checks.setting, checks.MOST_SETTINGS)
    values: Mapping[str, Any] = check(data.get("values"))
    return values


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


def is_process(pid: int) -> bool:
    """Whether there is a process of that number here, whoever's."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # there, and someone else's
    return True
