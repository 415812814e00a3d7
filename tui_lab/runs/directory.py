"""One run on disk: what was asked of it, its state, and whether its worker still lives."""

from __future__ import annotations

import os
import pwd
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_lab.errors import HomeError, RunUnreadable
from tui_lab.events import RunEnded, RunFailed, RunFinished, RunStopped
from tui_lab.run import FORMAT, RunRequest, RunStatus, new_run_id
from tui_lab.runs.encoding import dumps, loads, number
from tui_lab.runs.lock import is_held, lock_path
from tui_lab.runs.replacement import replacing
from tui_lab.runs.tail import last_event

FRESH = 15.0
"""Seconds for which a heartbeat proves a worker alive where its lock can't be asked."""
STARTING = 30.0
"""Seconds that a run may wait for its worker before it counts as crashed."""

_ENDINGS = {
    RunFinished: RunStatus.FINISHED,
    RunStopped: RunStatus.STOPPED,
    RunFailed: RunStatus.FAILED,
}
_REQUIRED: dict[str, type] = {"experiment": str, "program": str, "hyperparameters": dict}
_OPTIONAL: dict[str, type] = {"seed": int, "device": str, "created": str, "versions": dict}


@dataclass(frozen=True, kw_only=True)
class StatusRecord:
    """What the worker last said about itself: status.json."""

    status: RunStatus = RunStatus.PENDING
    pid: int = 0
    host: str = ""
    step: int = 0
    epoch: int = 0
    heartbeat: float = 0.0
    """Seconds since 1970 at which the worker was last alive."""
    metrics: dict[str, float] = field(default_factory=dict)
    """The last value of every metric."""
    error: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StatusRecord:
        """The record in a decoded status.json; raises `ValueError`, `TypeError` or
        `AttributeError` for one that holds something else."""
        metrics = {str(key): number(value) for key, value in data.get("metrics", {}).items()}
        known = {key: value for key, value in data.items() if key in cls.__dataclass_fields__}
        known.update({key: int(known.get(key, 0)) for key in ("pid", "step", "epoch")})
        known.update({key: str(known.get(key, "")) for key in ("host", "error")})
        known["heartbeat"] = number(known.get("heartbeat", 0.0))
        known["status"] = RunStatus(known.get("status", RunStatus.PENDING))
        return cls(**{**known, "metrics": metrics})


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

    @classmethod
    def create(cls, runs: Path, request: RunRequest, now: datetime) -> RunDirectory:
        """Make the directory of a new run, with `request` in it; raises `HomeError` when the disk
        is full or `runs` can't be written."""
        created = request.created or now.astimezone(UTC).isoformat(timespec="milliseconds")
        path = None
        try:
            path = _new_directory(runs, request.experiment, now)
            with replacing(path / "run.json", durable=True) as file:
                file.write(dumps(replace(request, created=created).to_json(), indent=True) + b"\n")
        except OSError as error:
            if path is not None:
                shutil.rmtree(path, ignore_errors=True)
            reason = error.strerror or str(error)
            raise HomeError(f"No run can be started in {runs} ({reason}).") from error
        return cls(path)

    def request(self) -> RunRequest:
        """What the run was asked to be."""
        data = self._object("run.json")
        written = data.get("format")
        if isinstance(written, int) and written > FORMAT:
            versions = f"format {written}, this one reads {FORMAT}"
            message = f"{self._name} was written by a newer tui-lab ({versions}); update tui-lab."
            raise RunUnreadable(message)
        for key, kind in {**_REQUIRED, **_OPTIONAL}.items():
            if not isinstance(data.get(key), kind) and (key in data or key in _REQUIRED):
                raise RunUnreadable(f"run.json of {self._name} has no usable {key!r}.")
        return RunRequest.from_json(data)

    def status_record(self) -> StatusRecord:
        """The worker's own last word, whether or not it lives; PENDING before its first."""
        data = self._object_if_there("status.json")
        try:
            return StatusRecord() if data is None else StatusRecord.from_json(data)
        except (ValueError, TypeError, AttributeError) as error:
            message = f"status.json of {self._name} does not hold a run's status."
            raise RunUnreadable(message) from error

    def write_status(self, record: StatusRecord) -> None:
        """Replace the record; raises `OSError`, on a full disk for one, and keeps the old."""
        self._write("status.json", asdict(record))

    def exit_status(self) -> int | None:
        """How the worker's process ended (minus the signal's number when killed by one), when it
        died without a last event and its parent was there to see."""
        data = self._object_if_there("exit.json") or {}
        code = data.get("code")
        return code if isinstance(code, int) else None

    def write_exit_status(self, code: int) -> None:
        """Leave word of how the worker's process ended; for the parent that reaped it."""
        self._write("exit.json", {"code": code})

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
        fresh = time.time() - record.heartbeat < FRESH
        if record.host not in ("", host_name()):
            return fresh  # its lock is on that machine
        if lock_path(self.path).exists():
            return is_held(self.path)
        # Directories for temporary files get cleaned while runs go on.
        return fresh and _is_process(record.pid)

    def _is_starting(self, record: StatusRecord) -> bool:
        if record.status is not RunStatus.PENDING or self.exit_status() is not None:
            return False
        try:
            created = datetime.fromisoformat(self.request().created)
        except ValueError:
            return False
        return time.time() - created.timestamp() < STARTING

    @property
    def _name(self) -> str:
        return "".join(c if c.isprintable() else "�" for c in self.id)

    def _write(self, name: str, data: object) -> None:
        with replacing(self.path / name) as file:
            file.write(dumps(data) + b"\n")

    def _object_if_there(self, name: str) -> dict[str, Any] | None:
        try:
            return self._object(name)
        except RunUnreadable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def _object(self, name: str) -> dict[str, Any]:
        """The JSON object in one of the run's files."""
        try:
            data = loads((self.path / name).read_bytes())
        except OSError as error:
            raise RunUnreadable(self._why_not(name, error)) from error
        except ValueError as error:
            raise RunUnreadable(f"{name} of {self._name} is torn: it is not JSON.") from error
        if not isinstance(data, dict):
            raise RunUnreadable(f"{name} of {self._name} does not hold a JSON object.")
        return data

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


def _new_directory(runs: Path, experiment: str, now: datetime) -> Path:
    while True:
        path = runs / new_run_id(experiment, now)
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue  # the same four digits in the same second: draw again
        return path


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
