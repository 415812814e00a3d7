"""Reading a run's log while it is being written, from any process, without a lock.

A line counts once its newline is there. The reader's place is always the end of a good line, which
is where a writer that re-opens the log may cut it back to, so the two never disagree. Lines that
are not JSON objects are passed over once a good one follows them. A NUL byte stops the reader:
over a network file system it is a hole that may be filled later.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tui_lab.errors import RunUnreadable
from tui_lab.events import RunEvent, from_json
from tui_lab.runs.encoding import loads
from tui_lab.runs.regular_file import open_regular

_MOST = 4 << 20
_LONGEST = 64 << 20
"""Bytes of a line that is still read; the pictures of an experiment take a few millions."""
_END = 4 << 20
"""Bytes at the end of a log in which its last event is looked for."""
_SHORTEST = len(b'{"type":""}')


class RunTail:
    """The events of the log at `path`, each handed out once; the file need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        """Bytes of the log behind this reader."""
        self._refusal = ""

    def read(self, most_bytes: int = _MOST) -> list[RunEvent]:
        """The events that came since the last call, from at most about `most_bytes` of log; empty
        when there are none for now. Raises `RunUnreadable` when the file can't be opened."""
        if self._refusal:
            raise RunUnreadable(self._refusal)
        try:
            # Opened anew each time: a network file system only then shows what others wrote.
            with open_regular(self.path) as file:
                return self._read(file.fileno(), max(most_bytes, 1))
        except FileNotFoundError:
            return []
        except OSError as error:
            reason = error.strerror or str(error)
            raise RunUnreadable(f"{self.path} can't be read ({reason}).") from error

    def _read(self, descriptor: int, size: int) -> list[RunEvent]:
        """Read ever more until there is a good line, a hole or the end of the file; of what is no
        log at all no more than that."""
        while True:
            chunk = os.pread(descriptor, size, self.offset)
            events, length = _decode(chunk)
            if events or len(chunk) < size or b"\0" in chunk:
                self.offset += length
                return events
            if size >= (_MOST if b"\n" in chunk else _LONGEST):
                self._refusal = f"{self.path} holds {size:,} bytes that are no event."
                raise RunUnreadable(self._refusal)
            size *= 2


def read_events(path: Path) -> Iterator[RunEvent]:
    """Every event now in the log at `path`, a few megabytes at a time."""
    tail = RunTail(path)
    while events := tail.read():
        yield from events


def last_event(path: Path) -> RunEvent | None:
    """The last event now in the log, read from its end; None when there is none in the last
    megabytes, or the log can't be read."""
    try:
        with open_regular(path) as file:
            return _last(file.fileno())
    except OSError:
        return None


def _last(descriptor: int) -> RunEvent | None:
    end = os.fstat(descriptor).st_size
    size = 1 << 14
    while True:
        start = max(0, end - size)
        chunk = os.pread(descriptor, end - start, start)
        # The first line may lack its beginning, unless the file begins with it.
        lines = chunk.split(b"\n")[:-1][1 if start else 0 :]
        for line in reversed(lines):
            if event := _event(line):
                return event
        if start == 0 or size >= _END:
            return None
        size *= 4


def _decode(chunk: bytes) -> tuple[list[RunEvent], int]:
    """The events in `chunk`, and where the last good line ends."""
    hole = chunk.find(b"\0")
    end = chunk.rfind(b"\n", 0, hole if hole >= 0 else len(chunk)) + 1
    events: list[RunEvent] = []
    place = length = 0
    for line in chunk[:end].split(b"\n")[:-1]:
        place += len(line) + 1
        if event := _event(line):
            events.append(event)
            length = place
    return events, length


def _event(line: bytes) -> RunEvent | None:
    if len(line) < _SHORTEST or not line.startswith(b"{"):
        return None  # told from an event sooner than by reading it as JSON
    try:
        data = loads(line)
    except ValueError:
        return None
    is_event = isinstance(data, dict) and isinstance(data.get("type"), str)
    return from_json(data) if is_event else None
