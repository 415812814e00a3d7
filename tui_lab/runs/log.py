"""Writing a run's log: one event per line, appended in blocks by the run's worker alone.

Each line ends in its number and a checksum; a log that began without (format 1) goes on without.
"""

from __future__ import annotations

import os
from pathlib import Path

from tui_lab.event_encoding import to_json
from tui_lab.events import RunEvent
from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.seal import looks_sealed, number_of, sealed

_BLOCK = 1 << 16


class RunLog:
    """The one writer of `path`, made when missing; what a dead writer left half-written is cut off,
    and its lines are counted on.

    Any thread may `append`; one thread flushes.
    """

    def __init__(self, path: Path) -> None:
        self._lines: list[bytes] = []
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._length, self._number, self._seals = _sound_end(self._descriptor)
        os.ftruncate(self._descriptor, self._length)

    @property
    def unwritten(self) -> int:
        """Events appended and not yet on disk."""
        return len(self._lines)

    def append(self, event: RunEvent) -> None:
        """Keep the event, encoded, for the next `flush`."""
        line = dumps(to_json(event))
        self._number += 1
        self._lines.append(sealed(line, self._number) if self._seals else line + b"\n")

    def flush(self) -> None:
        """Write all kept events at once: from here on they survive kill -9.

        Raises `OSError` when the disk is full; then the file ends where it ended before, and the
        events are kept for another try.
        """
        count = len(self._lines)
        if not count:
            return
        block = b"".join(self._lines[:count])
        self._write(block)
        self._length += len(block)
        del self._lines[:count]

    def sync(self) -> None:
        """Wait until what was flushed is on the disk: from here on it survives a power cut."""
        _sync(self._descriptor)

    def close(self) -> None:
        """Flush, sync and close; closes even when that raises `OSError`."""
        try:
            self.flush()
            self.sync()
        finally:
            os.close(self._descriptor)

    def _write(self, block: bytes) -> None:
        """Write at the known end, not at the file's: should cutting back fail too, the next try
        overwrites what was left."""
        view = memoryview(block)
        written = 0
        try:
            while written < len(block):
                written += os.pwrite(self._descriptor, view[written:], self._length + written)
        except OSError:
            os.ftruncate(self._descriptor, self._length)
            raise


_sync = getattr(os, "fdatasync", os.fsync)


def _sound_end(descriptor: int) -> tuple[int, int, bool]:
    """Where the last good line ends, its number, and whether the lines are sealed."""
    is_sealed = any(map(looks_sealed, os.pread(descriptor, _BLOCK, 0).split(b"\n")))
    end = os.fstat(descriptor).st_size
    while end:
        start = _line_start(descriptor, end)
        *whole, _ = os.pread(descriptor, end - start, start).split(b"\n")
        for line in whole:
            if number_of(line):
                return end, _largest_number(descriptor, start, line), True
            if not is_sealed and _is_unsealed(line):
                return end, 0, False
        end = start
    return 0, 0, True


def _largest_number(descriptor: int, start: int, last: bytes) -> int:
    """Of the last line and those shortly before it: one may have been repeated at the end, and what
    is written next must not look like a repetition too."""
    before = max(0, start - _BLOCK)
    lines = os.pread(descriptor, start - before, before).split(b"\n")
    return max(number_of(line) or 0 for line in (*lines, last))


def _line_start(descriptor: int, end: int) -> int:
    """Where the line begins whose last byte, newline or not, is just before `end`."""
    stop = end - 1
    while stop > 0:
        start = max(0, stop - _BLOCK)
        newline = os.pread(descriptor, stop - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        stop = start
    return 0


def _is_unsealed(line: bytes) -> bool:
    try:
        data = loads(line)
    except ValueError:
        return False
    return isinstance(data, dict) and not data.keys() & {"n", "crc"}
