"""TensorBoard's event files that are imported: their scalars, in whichever form they were written.

Read here and not by a library, so that nobody needs TensorBoard or protobuf.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tui_lab.errors import UsageError
from tui_lab.exchange.formats import is_event_file
from tui_lab.exchange.gathered import ANY, BadImport, Gathered
from tui_lab.exchange.record_file import BadRecord, read_records
from tui_lab.exchange.rows import KINDS
from tui_lab.view_models.plain_text import plain

Field = tuple[int, int, int | bytes]
"""Number, wire type, and a whole number or bytes."""
_MOST_FILES, _DEEPEST = 1000, 4
_OURS = b"hyperparameters/text_summary"
"""The tag of a text that the lab writes into its own files: their tags say the kind of row."""
_SCALARS = {1: ("<f", 4), 2: ("<d", 8)}
"""Types of tensors, and how one of their numbers is written."""


def event_runs(path: Path) -> dict[str, list[Path]]:
    """The event files under a directory, by the directory they lie in, as TensorBoard shows runs;
    a file by itself is one. Raises `UsageError` where there are none, or too many."""
    if path.is_file():
        return {"": [path]}
    found: dict[str, list[Path]] = {}
    for directory, folders, files in os.walk(path):
        here = Path(directory)
        if len(here.relative_to(path).parts) >= _DEEPEST:
            folders.clear()
        named = (here / name for name in files if is_event_file(name))
        events = sorted(path for path in named if path.is_file())
        if events:
            name = here.relative_to(path).as_posix()
            found["" if name == "." else name] = events
        if sum(map(len, found.values())) > _MOST_FILES:
            raise UsageError(f"{path} holds more than {_MOST_FILES:,} event files; name one run.")
    if not found:
        raise UsageError(f"{path} holds no event files of TensorBoard.")
    return dict(sorted(found.items()))


def read_events(paths: list[Path]) -> Gathered:
    """The scalars of event files of one run; raises `UsageError`, which names file and record."""
    gathered = Gathered()
    for path in paths:
        try:
            with path.open("rb") as file:
                _read(file, os.fstat(file.fileno()).st_size, gathered)
        except OSError as error:
            raise UsageError(f"{path} can't be read ({error.strerror or error}).") from error
        except (BadRecord, BadImport) as error:
            raise UsageError(f"{path} can't be imported: {error}.") from None
    return gathered


def _read(file: BinaryIO, size: int, gathered: Gathered) -> None:
    ours = False
    for number, record in enumerate(read_records(file, size), 1):
        if record is None:
            gathered.left_out["a record too long for numbers"] = None
            continue
        ours = ours or (number <= 2 and _OURS in record)
        try:
            _take(record, ours, gathered)
        except (IndexError, struct.error, UnicodeDecodeError):
            raise BadImport(f"record {number:,} is not an event") from None


def _take(record: bytes, ours: bool, gathered: Gathered) -> None:
    time, step = math.nan, 0
    by_kind: dict[str, dict[str, float]] = {}
    for number, kind, content in _fields(record):
        if number == 1 and kind == 1 and isinstance(content, bytes):
            (time,) = struct.unpack("<d", content)
        elif number == 2 and kind == 0 and isinstance(content, int):
            step = content
        elif number == 3:  # the first record of a file, written when the run begins
            gathered.started = float(np.fmin(gathered.started, time))
        elif number == 5 and isinstance(content, bytes):
            for tag, value in _values(content, gathered):
                row, key = _kind_of(tag) if ours else (ANY, tag)
                by_kind.setdefault(row, {})[key] = value
    for row, values in by_kind.items():
        epoch = values.pop("epoch", 0.0) if ours and row == "epoch" else 0.0
        gathered.add(row, step, int(epoch), time, values)


def _kind_of(tag: str) -> tuple[str, str]:
    head, _, rest = tag.partition("/")
    return (head, rest) if head in KINDS[1:] else (KINDS[0], tag)


def _values(summary: bytes, gathered: Gathered) -> Iterator[tuple[str, float]]:
    for number, _, value in _fields(summary):
        if number != 1 or not isinstance(value, bytes):
            continue
        tag, scalar = "", None
        for place, kind, content in _fields(value):
            if place == 1 and isinstance(content, bytes):
                tag = content.decode()
            elif place == 2 and kind == 5 and isinstance(content, bytes):
                (scalar,) = struct.unpack("<f", content)
            elif place == 8 and isinstance(content, bytes):
                scalar = _tensor(content)
        if scalar is None and tag.encode() != _OURS:
            gathered.left_out[plain(tag, 40)] = None
        if scalar is not None:
            yield tag, scalar


def _tensor(content: bytes) -> float | None:
    """The number in a tensor that holds one; None for any other."""
    dtype, found = 0, []
    for number, kind, part in _fields(content):
        if number == 1 and isinstance(part, int):
            dtype = part
        elif number in (4, 5, 6) and isinstance(part, bytes) and kind in (1, 2, 5):
            found.append(part)
    code, size = _SCALARS.get(dtype, ("", 0))
    numbers = b"".join(found)
    return float(struct.unpack(code, numbers)[0]) if code and len(numbers) == size else None


def _fields(message: bytes) -> Iterator[Field]:
    """The fields of a protobuf message; raises `IndexError` where it ends too early."""
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield number, kind, value
            continue
        if kind == 2:
            length, place = _varint(message, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise IndexError
        if place + length > end:
            raise IndexError
        yield number, kind, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise IndexError
