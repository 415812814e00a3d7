"""What an attempt has to tell the lab: the bytes that came to its logs, its small files anew.

A notice is a plain dict that msgpack can carry. One of a log holds where its bytes begin; where
more came than one notice takes, it holds how long the log is by now, and the lab asks for the rest.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tui_lab.runs.checkpoints import checkpoints_path
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.regular_file import open_regular, read_regular

LOGS = ("events.jsonl", "worker.log")
"""Files that only grow."""
SMALL = ("status.json", "checkpoints/manifest.json", "exit.json")
"""Files that are replaced whole."""
MOST = 32 << 10
"""Bytes of a log in one notice: a scheduler may keep the last thousand."""
MOST_SMALL = 8 << 20

Notice = dict[str, Any]


class Outgoing:
    """The notices of one attempt, from those `lengths` of its logs on that the lab has already."""

    def __init__(self, directory: RunDirectory, lengths: Mapping[str, int]) -> None:
        self._directory = directory
        self._lengths = dict.fromkeys(LOGS, 0) | dict(lengths)
        self._seen: dict[str, tuple[int, ...]] = {}

    def __iter__(self) -> Iterator[Notice]:
        """What came since the last time."""
        for name in LOGS:
            yield from self._grown(name)
        for name in SMALL:
            yield from self._replaced(name)

    def _grown(self, name: str) -> Iterator[Notice]:
        told = self._lengths[name]
        length = _length(self._directory.path / name)
        if length != told:
            data = read_part(self._directory, name, told, MOST)
            self._lengths[name] = length = max(length, told + len(data))
            yield self._notice(name, data) | {"offset": told, "length": length}

    def _replaced(self, name: str) -> Iterator[Notice]:
        path = self._directory.path / name
        try:
            status = path.stat()
            version = (status.st_ino, status.st_mtime_ns, status.st_size)
            if version != self._seen.get(name):
                yield self._notice(name, read_regular(path, MOST_SMALL))
                self._seen[name] = version
        except OSError:
            return  # not there yet, or just being replaced: the next time

    def _notice(self, name: str, data: bytes) -> Notice:
        return {"run": self._directory.id, "file": name, "data": data, "now": time.time()}


def read_part(directory: RunDirectory, name: str, offset: int, most: int) -> bytes:
    """At most so many bytes of a file, from `offset` on; none where there is none."""
    try:
        with open_regular(directory.path / name) as file:
            return os.pread(file.fileno(), most, offset)
    except OSError:
        return b""


def sums(directory: RunDirectory) -> dict[str, dict[str, Any]]:
    """Length and SHA-256 of each file that the lab is to have of an attempt that is over: its logs,
    and the states its manifest may name."""
    kept = checkpoints_path(directory.path)
    states = sorted(kept.glob("step-*.pt"), reverse=True) if kept.is_dir() else []
    names = [*LOGS, *(f"{kept.name}/{path.name}" for path in states)]
    paths = {name: directory.path / name for name in names}
    return {name: _sum(path) for name, path in paths.items() if path.is_file()}


def _sum(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"length": os.fstat(file.fileno()).st_size, "sha256": digest}


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
