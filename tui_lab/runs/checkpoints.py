"""Which states of a run are on disk: one file each in `checkpoints/`, and a manifest of them.

The manifest says of each file what it holds and its SHA-256; a file it does not know, or knows
otherwise, is none. A file is there before the manifest names it, and is removed after the manifest
names it no more; a name is not used again. So whenever a worker dies, what the manifest names is
there and sound.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_lab import checks
from tui_lab.errors import RunError
from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.regular_file import open_regular, read_regular
from tui_lab.runs.replacement import replacing

MOST = 64
"""Files kept of one run."""
MOST_BYTES = 512 << 20
"""Bytes of them all together."""
_MANIFEST = "manifest.json"
_MOST_MANIFEST = 1 << 20
_NAME = re.compile(r"step-(\d+)(?:-(\d+))?\.pt")
LASTING = frozenset({"asked", "begin", "fork"})
"""Reasons for which one is kept longer than those that were merely due."""


@dataclass(frozen=True, kw_only=True)
class CheckpointRecord:
    """One state on disk: steps and epochs completed, batches `taken` of the epoch under way."""

    file: str
    step: int
    epoch: int
    taken: int
    t: float
    """Seconds of the run."""
    bytes: int
    sha256: str
    digest: str
    """Of the state: equal states have equal ones."""
    reason: str = ""
    """Why it was kept; empty for one that was due."""

    @classmethod
    def from_json(cls, data: Any) -> CheckpointRecord:
        """The record in a decoded object; raises `ValueError`, which names the field."""
        record = cls(**checks.fields(data, _CHECKS, _REQUIRED))
        if not _NAME.fullmatch(record.file):
            raise ValueError(f"file is {record.file[:40]!r}, not the name of a checkpoint")
        return record


_CHECKS: Mapping[str, checks.Check] = {
    "file": checks.name,
    "step": checks.whole,
    "epoch": checks.whole,
    "taken": checks.whole,
    "t": checks.seconds,
    "bytes": checks.whole,
    "sha256": checks.name,
    "digest": checks.name,
    "reason": checks.name,
}
_REQUIRED = tuple(field for field in _CHECKS if field != "reason")


def checkpoints_path(run: Path) -> Path:
    """Where they lie for the run in this directory."""
    return run / "checkpoints"


def read_manifest(run: Path) -> list[CheckpointRecord]:
    """What is on disk of a run, in the order of steps; nothing where there is no manifest. Raises
    `RunError` for one that can't be read."""
    path = checkpoints_path(run) / _MANIFEST
    try:
        data = loads(read_regular(path, _MOST_MANIFEST))
        records = checks.listed(CheckpointRecord.from_json)(data)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise RunError(f"The manifest of {run.name}'s checkpoints is damaged ({error}).") from error
    return sorted(records, key=lambda record: record.step)


def write_manifest(run: Path, records: Sequence[CheckpointRecord]) -> None:
    """Say what is on disk, durably; raises `OSError`."""
    with replacing(checkpoints_path(run) / _MANIFEST, durable=True) as file:
        file.write(dumps([vars(record) for record in records], indent=True) + b"\n")


def has_manifest(run: Path) -> bool:
    """Whether there is one, sound or not."""
    return os.path.lexists(checkpoints_path(run) / _MANIFEST)


def file_name(step: int, number: int) -> str:
    """What the file of a state after `step` is called; `number` is one that no other has."""
    return f"step-{step:012d}-{number:06d}.pt"


def file_step(name: str) -> int:
    """The step in the name of a file, one of `files`."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else 0


def file_number(name: str) -> int:
    """The number in the name of a file; 0 where there is none."""
    found = _NAME.fullmatch(name)
    return int(found[2] or 0) if found else 0


def files(run: Path) -> list[str]:
    """The names of all states in the directory, the oldest number first, whether the manifest
    knows them or not. Raises `OSError`."""
    path = checkpoints_path(run)
    names = [name for name in os.listdir(path) if _NAME.fullmatch(name)] if path.exists() else []
    return sorted(names, key=lambda name: (file_number(name), name))


def sweep(run: Path, records: Sequence[CheckpointRecord]) -> None:
    """Remove what a worker that died left beside the files of these records: states no manifest
    names, and files that were not written to their end. Raises `OSError`."""
    path, named = checkpoints_path(run), {record.file for record in records}
    torn = path.glob(".*.tmp")
    for file in [*torn, *(path / name for name in files(run) if name not in named)]:
        file.unlink(missing_ok=True)


def read_sound(run: Path, record: CheckpointRecord) -> bytes:
    """The file of a record, read once. Raises `RunError`, which says what is wrong with it."""
    name = f"The checkpoint after step {record.step:,}"
    try:
        with open_regular(checkpoints_path(run) / record.file) as file:
            has_size = os.fstat(file.fileno()).st_size == record.bytes
            content = file.read() if has_size else b""
    except FileNotFoundError:
        raise RunError(f"{name} is missing.") from None
    except OSError as error:
        raise RunError(f"{name} can't be read ({error.strerror or error}).") from error
    if not has_size or hashlib.sha256(content).hexdigest() != record.sha256:
        raise RunError(f"{name} is damaged: it is not used.")
    return content


def why_not(run: Path, record: CheckpointRecord) -> str:
    """What is wrong with the file of a record, in a sentence; empty where nothing is."""
    try:
        read_sound(run, record)
    except RunError as error:
        return str(error)
    return ""


def nearest(records: Sequence[CheckpointRecord], step: int | None) -> list[CheckpointRecord]:
    """Those at or before `step` (None: all of them), the nearest first; of those of one step the
    one that was written last."""
    fitting = [record for record in records if step is None or record.step <= step]
    return sorted(fitting, key=lambda record: (record.step, record.file), reverse=True)


def thinned(records: Sequence[CheckpointRecord]) -> list[CheckpointRecord]:
    """As many of them as there is room for, in the order of steps; of too many half as many stay.

    The first and the newest always stay, and as long as they fit those that were asked for and
    those that a run began or forked with. Of the others that one goes first whose neighbours are
    the fewest steps apart, so that those that stay lie even in steps. Of states so large that not
    three of them fit, only the newest two stay.
    """
    kept = sorted(records, key=lambda record: record.step)
    most = MOST if len(kept) <= MOST else MOST // 2
    while len(kept) > 2 and not _fit(kept, most):
        kept.remove(_least_missed(kept))
    return kept


def _fit(records: Sequence[CheckpointRecord], most: int) -> bool:
    return len(records) <= most and sum(record.bytes for record in records) <= MOST_BYTES


def _least_missed(records: Sequence[CheckpointRecord]) -> CheckpointRecord:
    inner = range(1, len(records) - 1)
    if len(inner) == 1:
        return records[0]
    due = [place for place in inner if records[place].reason not in LASTING] or list(inner)
    return records[min(due, key=lambda place: records[place + 1].step - records[place - 1].step)]
