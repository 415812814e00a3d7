"""A state of a program and its place in the run, as a file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

from tui_lab import checks
from tui_lab.errors import ExperimentError, RunError
from tui_lab.runs.checkpoints import (
    CheckpointRecord,
    checkpoints_path,
    files,
    has_manifest,
    read_manifest,
    read_sound,
)
from tui_lab.runs.regular_file import open_regular
from tui_lab.runs.replacement import replacing
from tui_lab.training.state import State
from tui_lab.training.state_file import digest, load, save, size


@dataclass(frozen=True)
class Place:
    """Steps and epochs completed, batches taken of the epoch under way, and the time of the run."""

    step: int
    epoch: int
    taken: int
    t: float


_PLACE: Mapping[str, checks.Check] = {
    "step": checks.whole,
    "epoch": checks.whole,
    "taken": checks.whole,
    "t": checks.seconds,
}


@dataclass(frozen=True)
class Capture:
    """The state of a program at some place."""

    place: Place
    state: State

    @cached_property
    def size(self) -> int:
        """Bytes in memory."""
        return size(self.state)


def write_capture(run: Path, name: str, taken: Capture, reason: str) -> CheckpointRecord:
    """Write a state, durably, to a file of this name; raises `OSError`."""
    content = {"place": dict(vars(taken.place)), "reason": reason, "state": taken.state}
    path = checkpoints_path(run) / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with replacing(path, durable=True) as file:
        hashing = _Hashing(file)
        save(content, cast("BinaryIO", hashing))
    return _record(name, taken, reason, hashing.size, hashing.sha256.hexdigest())


def load_sound(run: Path, record: CheckpointRecord) -> Capture:
    """The state that a record of this run tells of; raises `RunError` where its file is not what
    the record says."""
    content = read_sound(run, record)
    try:
        return _content(io.BytesIO(content))[0]
    except (ExperimentError, ValueError) as error:
        name = f"The checkpoint after step {record.step:,}"
        raise RunError(f"{name} can't be used: {error}") from error


def survey(run: Path) -> tuple[list[CheckpointRecord], str]:
    """What is on disk of a run, in the order of steps, and what was wrong with its manifest, in a
    sentence: one that is missing or damaged is made again of the files. Raises `OSError`."""
    complaint = ""
    try:
        records = read_manifest(run)
    except RunError as error:
        complaint = f"{error} It was made again of the files."
    if not complaint and (has_manifest(run) or not files(run)):
        return records, ""
    missing = f"The manifest of {run.name}'s checkpoints was missing: it was made again."
    return _records_of_files(run), complaint or missing


def _records_of_files(run: Path) -> list[CheckpointRecord]:
    """A record of each file that holds a state; of two of one step the later written."""
    records = dict[int, CheckpointRecord]()
    for name in files(run):
        try:
            with open_regular(checkpoints_path(run) / name) as file:
                content = file.read()
            taken, reason = _content(io.BytesIO(content))
        except (OSError, ExperimentError, ValueError):
            continue  # it is no state, and so none that could be listed
        sha256 = hashlib.sha256(content).hexdigest()
        records[taken.place.step] = _record(name, taken, reason, len(content), sha256)
    return sorted(records.values(), key=lambda record: record.step)


def _content(file: BinaryIO) -> tuple[Capture, str]:
    """The state in a file, and why it was kept. Raises `ExperimentError`, and `ValueError` for a
    tree that is something else."""
    tree = checks.fields(load(file), {"place": _place, "reason": checks.name, "state": _state})
    if not {"place", "state"} <= tree.keys():
        raise ValueError("It holds no state and its place.")
    return Capture(tree["place"], tree["state"]), tree.get("reason", "")


def _place(value: Any) -> Place:
    return Place(**checks.fields(value, _PLACE, _PLACE))


def _state(value: Any) -> State:
    if not isinstance(value, dict):
        raise ValueError("is not a state")
    return value


def _record(name: str, taken: Capture, reason: str, size: int, sha256: str) -> CheckpointRecord:
    return CheckpointRecord(
        file=name,
        **vars(taken.place),
        bytes=size,
        sha256=sha256,
        digest=digest(taken.state),
        reason=reason,
    )


class _Hashing:
    """A file that is written from its beginning to its end, and hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()
