"""How far the host may run ahead of its card: a few milliseconds, so that an order is obeyed soon
and the card never waits."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from tui_lab.worker.captured.card import Card, Mark

_APART = 0.002
"""Seconds of the card's work between two marks in it."""
_AHEAD = 2
"""Marks that the card may lie behind."""
_MOST = 512


class Throttle:
    """Waits for the card where too much was given to it."""

    def __init__(self, card: Card, clock: Callable[[], float] = time.perf_counter) -> None:
        self._card = card
        self._clock = clock
        self._marks: deque[tuple[Mark, int]] = deque()
        self._given = 0
        self._passed = -math.inf
        self.pace = math.inf
        """Seconds that a step takes, as far as is known: never less."""

    def given(self, steps: int) -> None:
        """The card has been given so many steps more."""
        self._given += steps
        if self._given < self._most:
            return
        self._marks.append((self._card.mark(), self._given))
        self._given = 0
        if len(self._marks) > _AHEAD:
            mark, count = self._marks.popleft()
            mark.wait()
            self._see(count)

    @property
    def _most(self) -> int:
        return max(1, min(_MOST, int(_APART / self.pace))) if self.pace > 0 else _MOST

    def _see(self, count: int) -> None:
        """The card has taken so many steps since the mark before; the shortest time counts, since
        it may have had nothing to do."""
        now = self._clock()
        self.pace = min(1.05 * self.pace, (now - self._passed) / count)
        self._passed = now
