"""What a run's log came to up to some place, kept beside it for the next reader.

`events.kept` is derived: made by the worker of a long run as it goes and by whoever had to read a
long log whole, checked when it is read, and as good as missing when it is damaged or not of the log
it lies beside. A line of JSON, then numbers of 64 bits in rows, then a checksum of all of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.regular_file import open_regular, read_regular
from tui_lab.runs.replacement import replacing
from tui_lab.runs.tail import Place

LEAST = 4 << 20
"""Bytes of log that are read sooner than anything is kept of them: a third of a second."""
_VERSION = 2
"""Another one when what is kept, or how a log is read, is not what it was."""
_MOST = 1 << 28
_CHECK = 4
_END = 4096
"""Bytes of log before the place by which it is known again: lines end in checksums."""
_ROOM = 8
"""Times its size that must be free: what can be made again never takes the last room."""


@dataclass(frozen=True)
class Kept:
    """`data` and `arrays` are the reader's own; they stand for all of the log before `place`."""

    place: Place
    data: Mapping[str, Any]
    arrays: Sequence[bytes | memoryview]


def kept_path(log: Path, suffix: str = ".kept") -> Path:
    """Where it lies for the log at this path."""
    return log.with_suffix(suffix)


def write_kept(log: Path, kept: Kept, suffix: str = ".kept") -> None:
    """Keep it, where there is room. Raises `OSError`, on a read-only disk for one."""
    head = {
        "version": _VERSION,
        "place": {**vars(kept.place), "damage": dict(kept.place.damage)},
        "log": _stamp(log, kept.place.offset),
        "lengths": [len(array) for array in kept.arrays],
        "data": kept.data,
    }
    # A line of JSON is padded, so that the numbers behind it lie where a processor wants them.
    line = dumps(head)
    parts = [line + b" " * (-(len(line) + 1) % 8) + b"\n", *kept.arrays]
    size = sum(map(len, parts))
    if size > _MOST or shutil.disk_usage(log.parent).free < _ROOM * size:
        return
    check = 0
    with replacing(kept_path(log, suffix)) as file:
        for part in parts:
            check = crc32(part, check)
            file.write(part)
        file.write(check.to_bytes(_CHECK, "little"))


def read_kept(log: Path, suffix: str = ".kept") -> Kept | None:
    """What was kept of this log; None when there is nothing, or nothing to be trusted."""
    with suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
        return _checked(log, _content(kept_path(log, suffix)))
    return None


def _content(path: Path) -> bytes:
    content = read_regular(path, _MOST + _CHECK)
    if crc32(memoryview(content)[:-_CHECK]) != int.from_bytes(content[-_CHECK:], "little"):
        raise ValueError("its checksum is not right")
    return content


def _checked(log: Path, content: bytes) -> Kept | None:
    end = content.index(b"\n") + 1
    head, body = loads(content[:end]), memoryview(content)[:-_CHECK]
    place = _place(head["place"])
    if head["version"] != _VERSION or not _is_of(log, place.offset, head["log"]):
        return None
    arrays = []
    for length in head["lengths"]:
        if not 0 <= length <= len(body) - end:
            return None
        arrays.append(body[end : end + length])
        end += length
    return Kept(place, head["data"], arrays) if end == len(body) else None


def _place(data: Mapping[str, Any]) -> Place:
    damage = {str(what): int(count) for what, count in data["damage"].items()}
    return Place(int(data["offset"]), int(data["number"]), damage)


def _stamp(log: Path, offset: int) -> dict[str, int]:
    with open_regular(log) as file:
        descriptor = file.fileno()
        status = os.fstat(descriptor)
        return {
            "size": status.st_size,
            "changed": status.st_mtime_ns,
            "end": _fingerprint(descriptor, offset),
        }


def _is_of(log: Path, offset: int, stamp: Mapping[str, int]) -> bool:
    """Whether the log before `offset` is what it was: one that has not grown since must not have
    been touched either."""
    with open_regular(log) as file:
        descriptor = file.fileno()
        status = os.fstat(descriptor)
        if status.st_size < offset or stamp["end"] != _fingerprint(descriptor, offset):
            return False
        return status.st_size != stamp["size"] or status.st_mtime_ns == stamp["changed"]


def _fingerprint(descriptor: int, offset: int) -> int:
    start = max(0, offset - _END)
    return crc32(os.pread(descriptor, offset - start, start))
