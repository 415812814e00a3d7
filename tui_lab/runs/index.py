"""Where in a log what is of which step, so that a reader need not read all of it to look back.

`events.index` lies beside the log as `events.kept` does: derived, checked when it is read, and made
again when it is missing, damaged, or not of this log. Of the measurements of steps it knows about
one line in 256 KiB, of everything else each. What a run took back is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_lab.checks import LARGEST
from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.kept import Kept, read_kept, write_kept
from tui_lab.runs.spots import Spots
from tui_lab.runs.tail import Place, RunTail

SPAN = 1 << 18
"""Bytes between two lines of measurements that are known."""
GROWN = 1 << 20
"""Bytes of log that are read again sooner than the index is written for them."""
_SUFFIX = ".index"
_MOST_KINDS = 4096
_STEPS = re.compile(rb'\{"type":"metrics","t":[^,]{1,32},"kind":"step","first":(\d{1,18}),')
MOST = 1000
"""Lines of the story that are looked at; a log book keeps no more."""
_BLOCKS, _STORY, _TURNS, _CUTS = "blocks", "story", "turns", "cuts"
GRADIENTS, PHASES, EPOCHS = "gradients", "phases", "epochs"


@dataclass(frozen=True)
class Spot:
    """Where to find what is of one step."""

    block: tuple[int, int] | None
    """The bytes among which the block of measurements begins that holds the step."""
    newest: Mapping[str, int]
    """Where the newest line of no later step begins: of gradients, phases, evaluations, and of each
    layer of a picture, under `picture_kind`."""
    story: list[int]
    """Where each other line of no later step begins: every knob that was turned, and the last 1000
    of what else was done or noticed."""
    cuts: Sequence[tuple[int, int]] = ()
    """Where the run went back: the step it went back to, and the byte at which that is said."""

    def last_step(self, start: int) -> int:
        """The last step that stands of what the line says that begins there."""
        return min((step for step, said in self.cuts if said > start), default=LARGEST)


class LogIndex:
    """The index of one log, up to `place`."""

    def __init__(self) -> None:
        self.place = Place()
        self._kinds: dict[str, Spots] = {}
        self._went_back = False

    @classmethod
    def of(cls, log: Path, *, settled: bool = False) -> LogIndex:
        """That of all the log holds now; what it took to make is kept for the next time, where
        there is room. Raises `RunUnreadable`."""
        index = cls._kept(log) or cls()
        before = index.place.offset
        index.read_on(log, settled=settled)
        if index.place.offset - before >= GROWN:
            index._keep(log)
        return index

    def _keep(self, log: Path) -> None:
        data = {"kinds": list(self._kinds), "went_back": self._went_back}
        arrays = [spots.to_bytes() for spots in self._kinds.values()]
        with suppress(OSError):  # it can be made again
            write_kept(log, Kept(self.place, data, arrays), _SUFFIX)

    @classmethod
    def _kept(cls, log: Path) -> LogIndex | None:
        kept = read_kept(log, _SUFFIX)
        with suppress(ValueError, TypeError, LookupError):
            if kept is not None:
                index = cls()
                pairs = zip(kept.data["kinds"], kept.arrays, strict=True)
                index._kinds = {str(kind): Spots.from_bytes(data) for kind, data in pairs}
                index._went_back = bool(kept.data["went_back"])
                index.place = kept.place
                return index
        return None

    def read_on(self, log: Path, *, settled: bool = False) -> None:
        """Take in what the log has to say since. Raises `RunUnreadable`."""
        tail = RunTail(
            log,
            settled=settled,
            place=self.place,
            wanted=lambda line: False,
            noticed=self._take,
        )
        for _ in tail:
            raise AssertionError("no line is wanted")
        self.place = tail.place

    def at(self, step: int) -> Spot:
        """Where to find what is of that step."""
        others = (_STORY, _TURNS, _CUTS)
        ascending = {k: spots for k, spots in self._kinds.items() if k not in others}
        found = {kind: spots.newest(step) for kind, spots in ascending.items()}
        newest = {kind: place for kind, place in found.items() if place is not None}
        block = newest.pop(_BLOCKS, None)
        if block is not None:
            start, after = block
            block = start, min(after, start + SPAN) if after >= 0 else start + SPAN
        begins = {kind: start for kind, (start, _) in newest.items()}
        story = self._until(_STORY, step)[-MOST:] + self._until(_TURNS, step)
        return Spot(block, begins, sorted(story), list(self._kinds.get(_CUTS, ())))

    def _until(self, kind: str, step: int) -> list[int]:
        return self._kinds[kind].until(step) if kind in self._kinds else []

    def _take(self, line: bytes, offset: int) -> None:
        """A good line begins there."""
        if (block := _STEPS.match(line)) is not None:
            self._take_block(int(block[1]), offset)
            return
        try:
            data = loads(line)
            kind, step = _kind(data), _step(data)
        except (ValueError, TypeError, LookupError, AttributeError):
            return  # no event, or none that has a place among the steps
        if kind == "run_resumed" and type(data.get("from_step")) is int:
            self._cut_after(data["from_step"])
            self._kinds.setdefault(_CUTS, Spots()).add(data["from_step"], offset)
        if (add := self._adding(kind)) is not None:
            add(step, offset)

    def _take_block(self, first: int, offset: int) -> None:
        blocks = self._kinds.setdefault(_BLOCKS, Spots())
        if self._went_back or not len(blocks) or offset - blocks.last() >= SPAN:
            blocks.add_ascending(first, offset)
            self._went_back = False

    def _adding(self, kind: str) -> Callable[[int, int], None] | None:
        """What takes a line of that kind in."""
        if not kind.startswith(_INDEXED):
            told = _TURNS if kind == "hyperparameter_changed" else _STORY
            return self._kinds.setdefault(told, Spots()).add
        if kind not in self._kinds and len(self._kinds) >= _MOST_KINDS:
            return None
        return self._kinds.setdefault(kind, Spots()).add_ascending

    def _cut_after(self, step: int) -> None:
        for kind, spots in self._kinds.items():
            if kind != _CUTS:
                spots.cut_after(step)
        self._went_back = True


def picture_kind(picture: str, layer: str) -> str:
    """Under what the lines of a layer are known."""
    return _PICTURE + dumps([picture, layer]).decode()


_PICTURE = "picture"
_INDEXED = (GRADIENTS, PHASES, EPOCHS, _PICTURE)
_KINDS = {"gradients": GRADIENTS, "phase_entered": PHASES}
"""By the types of events; all others are part of the story."""


def _kind(data: Mapping[str, Any]) -> str:
    name = str(data["type"])
    if name == "picture":
        return picture_kind(data["picture"], data["layer"])
    if name == "metrics" and data["kind"] == "epoch":
        return EPOCHS
    return _KINDS.get(name, name)


def _step(data: Mapping[str, Any]) -> int:
    steps = data.get("steps")
    step = steps[0] if steps else data.get("step", 0)
    if type(step) is not int or step < 0:
        raise ValueError("no step")
    return step
