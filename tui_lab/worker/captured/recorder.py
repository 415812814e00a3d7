"""Makes recordings of a program's step, of one or of many, and keeps those that are of use."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from tui_lab.training.program import Program, forget_step
from tui_lab.worker.captured.card import Card, NotRecorded
from tui_lab.worker.captured.feed import Feed, Shape
from tui_lab.worker.captured.held import generators_on_card, versions, written_since
from tui_lab.worker.captured.recordings import Recordings, Steps
from tui_lab.worker.captured.rehearsal import Rehearsal
from tui_lab.worker.captured.ring import Ring, row_of
from tui_lab.worker.captured.untouched import Gradients, gradients, outliving, untouched

LENGTHS = (64, 16, 4, 1)
"""Steps in one recording."""
_HIDDEN = 0.045
"""Seconds that recording may take at a time."""
_AT_ONCE = 0.005
"""Seconds of the card's work in one recording, so that an order need not wait."""


class Recorder:
    """Records the step of a program, of one standing, on batches of a feed."""

    def __init__(
        self,
        program: Program,
        card: Card,
        feed: Feed,
        rehearsal: Rehearsal,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """The program has just rehearsed its step. Raises `NotRecorded` where it said what can't be
        kept."""
        self.feed = feed
        self.ring = Ring(row_of(program))
        """Where recorded steps say what they say."""
        self.moved = dict(rehearsal.moved)
        """What a step writes to, or its recording, by id."""
        self.taken = 0
        """Steps that were taken as recorded."""
        self.unproven: dict[Shape, int] = {}
        """For shapes of batches: steps whose recordings are still to be compared."""
        self._fresh = rehearsal.fresh
        self._program = program
        self._card = card
        self._clock = clock
        self._recordings = Recordings(feed.forget)
        self._price = 0.0
        """Seconds that recording one step takes."""

    @property
    def is_in_vain(self) -> bool:
        """Whether recordings are hardly ever used again."""
        return self._recordings.are_in_vain

    def close(self) -> None:
        """What was recorded is of no use any more."""
        self._recordings.clear()

    def longest(self, shape: Shape, alike: int, pace: float = math.inf) -> Steps:
        """The longest recording of steps on batches of this shape, of which so many come next, if
        the card takes `pace` seconds for each. Each takes as long to make as its steps would, and
        is made once they have been worth it. Raises `NotRecorded`."""
        if self.is_in_vain:
            raise NotRecorded("its batches are hardly ever like another")
        for count in LENGTHS:
            if count > alike:
                continue
            found = self._recordings.get(shape, count)
            if found is None and (count == 1 or self._is_worth(count, pace)):
                found = self._record(count)
            if found is not None:
                return self._recordings.use(shape, found)
        raise NotRecorded("no batch is left")

    def _is_worth(self, count: int, pace: float) -> bool:
        return (
            self.taken >= 2 * count and count * self._price <= _HIDDEN and count * pace <= _AT_ONCE
        )

    def _record(self, count: int) -> Steps:
        """Record so many steps; nothing of the program is another afterwards."""
        begun = self._clock()
        if name := outliving(self._program):
            raise NotRecorded(
                f"something keeps the graph of an earlier step, which leads to {name}"
            )
        fresh: Gradients = []
        before = versions(self._program)
        with untouched(self._program):
            recording = self._card.record(
                lambda: fresh.extend(self._steps(count)),
                generators_on_card(self._program),
                self._recordings.any,
            )
        self.moved |= written_since(self._program, before)
        self._price = (self._clock() - begun) / count
        return Steps(count, recording, fresh)

    def _steps(self, count: int) -> Gradients:
        rows, program = [], self._program
        for batch in self.feed.batches(count):
            for _ in program.step(batch):
                pass
            rows.append(row_of(program))
            forget_step(program)
        self.ring.write(rows)
        return [each for each in gradients(program) if id(each[0]) in self._fresh]
