"""Reading a run's log while it is being written, from any process, without a lock.

A line counts once its newline is there. The reader's place is always the end of a good line, which
is where a writer that re-opens the log may cut it back to, so the two never disagree. Lines that
are no events are passed over and counted, and so are those that are altered, repeated or missing
where the log says so itself (format 2). A NUL byte stops the reader: over a network file system it
is a hole that may be filled later. In a `settled` log nothing is filled or completed any more.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tui_lab.errors import RunUnreadable
from tui_lab.event_encoding import from_json
from tui_lab.events import RunEvent, UnknownEvent
from tui_lab.runs.encoding import loads
from tui_lab.runs.regular_file import open_regular
from tui_lab.runs.seal import looks_sealed, number_of

_MOST = 4 << 20
_MUCH = 1 << 20
"""Bytes of lines, none of them good, after which a reader looks at them no more."""
_LONGEST = 64 << 20
"""Bytes of a line that is still read; the pictures of an experiment take a few millions."""
_END = 4 << 20
"""Bytes at the end of a log in which its last event is looked for."""
_SHORTEST = len(b'{"type":""}')


@dataclass(frozen=True)
class Place:
    """The end of a good line, and what was met on the way there."""

    offset: int = 0
    """Bytes of the log before it."""
    number: int = 0
    """The number of that line; in a log of format 1 how many good ones there were."""
    damage: Mapping[str, int] = field(default_factory=dict)
    """Lines passed over, by what is wrong with them: altered, missing, repeated, torn, …"""


class RunTail:
    """The events of the log at `path`, each handed out once; the file need not exist yet.

    `settled` says that nobody writes it any more. Reading may begin at the `place` another reader
    has come to. Lines that are not `wanted` are checked and counted, and not decoded; of each good
    one `noticed` is told, and at which byte it begins.
    """

    def __init__(
        self,
        path: Path,
        *,
        settled: bool = False,
        place: Place | None = None,
        wanted: Callable[[bytes], bool] = lambda line: True,
        noticed: Callable[[bytes, int], object] = lambda line, start: None,
    ) -> None:
        self.path = path
        self.settled = settled
        self.place = place or Place()
        """The end of the last good line."""
        self._wanted = wanted
        self._noticed = noticed
        self._passed = Counter[str]()
        self._left = 0
        self._sealed = False
        self._refusal = ""

    @property
    def offset(self) -> int:
        """Bytes of the log behind this reader."""
        return self.place.offset

    @property
    def damage(self) -> Mapping[str, int]:
        """What was passed over so far, lines after the last good one included."""
        return Counter(self.place.damage) + self._passed

    def __iter__(self) -> Iterator[RunEvent]:
        """Every wanted event there is for now, a few megabytes at a time."""
        before = -1
        while self.offset > before:
            before = self.offset
            yield from self.read()

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
            before = self.offset
            chunk = os.pread(descriptor, size, before)
            is_end = len(chunk) < size
            events = self._sift(chunk, is_end)
            if self.offset > before or is_end or (not self.settled and b"\0" in chunk):
                return events
            if size < (_MUCH if b"\n" in chunk else _LONGEST):
                size *= 2
            elif self.place.number and not self._left:
                self._leave(chunk)
            else:
                self._refusal = f"{self.path} holds {size:,} bytes that are no event."
                raise RunUnreadable(self._refusal)

    def _sift(self, chunk: bytes, is_end: bool) -> list[RunEvent]:
        """The events in `chunk`; the place moves to the end of its last good line."""
        hole = -1 if self.settled else chunk.find(b"\0")
        end = chunk.rfind(b"\n", 0, hole if hole >= 0 else len(chunk)) + 1
        lines = chunk[:end].split(b"\n")[:-1]
        self._sealed = self._sealed or any(map(looks_sealed, lines))
        self._passed = Counter(altered=self._left)
        events: list[RunEvent] = []
        offset = self.offset
        for line in lines:
            offset += len(line) + 1
            events += self._take(line, offset)
        if self.settled and is_end and end < len(chunk):
            self._passed["torn"] += 1
        self._passed = +self._passed
        return events

    def _take(self, line: bytes, end: int) -> list[RunEvent]:
        """The event of a good line, if it is wanted; of another it is noted what is wrong."""
        expected = self.place.number + 1
        number = number_of(line) if self._sealed else expected
        event = _event(line, self._sealed) if number and self._wanted(line) else None
        if number and number < expected:
            self._passed["repeated"] += 1
        elif not number or (event is None and self._wanted(line)):
            self._passed["altered"] += 1
        else:
            if isinstance(event, UnknownEvent) and event.reason:
                self._passed["unreadable"] += 1
            self._move(end, number)
            self._noticed(line, end - len(line) - 1)
            return [event] if event else []
        return []

    def _move(self, offset: int, number: int) -> None:
        """A good line ends at `offset`: now it is known how many are missing before it."""
        missing = number - self.place.number - 1
        if missing > 0:  # those that were altered are among them
            self._passed["altered"] = min(self._passed["altered"], missing)
            self._passed["missing"] = missing - self._passed["altered"]
        self.place = Place(offset, number, self.damage)
        self._passed = Counter()
        self._left = 0

    def _leave(self, chunk: bytes) -> None:
        """Go past so much that no writer would cut back to its beginning."""
        self._left = max(1, self._passed["altered"])
        length = chunk.rfind(b"\n") + 1 or len(chunk)
        self.place = replace(self.place, offset=self.offset + length)


def read_events(path: Path) -> Iterator[RunEvent]:
    """Every event now in the log at `path`, a few megabytes at a time."""
    return iter(RunTail(path))


def event_at(descriptor: int, start: int) -> RunEvent | None:
    """The event in the line that begins there; None when there is none, or an unreadable one."""
    size = 1 << 12
    while b"\n" not in (chunk := os.pread(descriptor, size, start)):
        if len(chunk) < size or size >= _LONGEST:
            return None
        size *= 4
    return _whole(chunk[: chunk.index(b"\n")])


def events_between(
    descriptor: int, start: int, stop: int, wanted: Callable[[bytes], bool]
) -> Iterator[RunEvent]:
    """The wanted events in the lines that begin from byte `start`, where one does, to before
    `stop`; and the last, whose end lies beyond, in any case."""
    chunk = os.pread(descriptor, stop - start, start)
    *lines, cut = chunk.split(b"\n")
    for line in lines:
        if wanted(line) and (event := _whole(line)):
            yield event
    last = event_at(descriptor, start + len(chunk) - len(cut)) if cut else None
    if last is not None:
        yield last


def _whole(line: bytes) -> RunEvent | None:
    """The event in a line that is not altered, as far as it can tell."""
    is_sealed = looks_sealed(line)
    return _event(line, is_sealed) if number_of(line) or not is_sealed else None


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
        is_sealed = any(map(looks_sealed, lines))
        for line in reversed(lines):
            if event := (not is_sealed or number_of(line)) and _event(line, is_sealed):
                return event
        if start == 0 or size >= _END:
            return None
        size *= 4


def _event(line: bytes, is_sealed: bool) -> RunEvent | None:
    """The event in a line; None when there is none, or one whose seal is lost."""
    if len(line) < _SHORTEST or not line.startswith(b"{"):
        return None  # told from an event sooner than by reading it as JSON
    try:
        data = loads(line)
    except ValueError:
        return None
    if not isinstance(data, dict) or not isinstance(data.get("type"), str):
        return None
    seal = data.pop("n", None), data.pop("crc", None)
    return from_json(data) if is_sealed or seal == (None, None) else None
