"""How much of a run's time the lab itself takes.

What the program takes is measured, and what is left of the time that the run goes on is the lab's:
nothing that it does can be forgotten. Another thread that keeps the program waiting is not seen.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from tui_lab.cost import LabCostMeasured

_INTERVAL = 1.0
"""Seconds between two times that the share may be logged."""
_PRICES = 63
"""Of taking over a step, the last that were timed."""
_NOTICEABLE, _RELATIVE = 0.0005, 0.1
"""What a share has changed by when it is worth a line: so much, and so much of what it was."""


class LabCost:
    """Counts the time of one worker's run as the program's, as waiting while held, or as the lab's.

    Fast steps are not timed one by one: that the lab takes over what such a step measured costs as
    much as it did, in the middle, at the last that were timed.
    """

    def __init__(
        self, device: torch.device, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._device = device
        self._clock = clock
        self._begun = clock()
        self._next = self._begun + _INTERVAL
        self._program = self._held = 0.0
        self._prices: deque[float] = deque(maxlen=_PRICES)
        self._unpriced = 0
        self._said: float | None = None

    @contextmanager
    def program(self) -> Iterator[None]:
        """In here the program works."""
        begun = self._clock()
        try:
            yield
        finally:
            self._program += self._clock() - begun

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """As `program`, until its device has done all it was given: who reads a number next would
        wait for that, and it is no work of the lab's."""
        with self.program():
            yield
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)

    @contextmanager
    def held(self) -> Iterator[None]:
        """In here the run waits for a person."""
        begun = self._clock()
        try:
            yield
        finally:
            self._held += self._clock() - begun

    @contextmanager
    def taking_over(self) -> Iterator[None]:
        """In here the lab takes over what one step measured; a price for those not timed."""
        begun = self._clock()
        yield
        self._prices.append(self._clock() - begun)

    def looked(self, seconds: float) -> None:
        """So much of what went on within `program` was the lab's."""
        self._program -= seconds

    def took_over(self, steps: int) -> None:
        """Within `program` the lab has taken over what so many steps measured."""
        self._unpriced += steps

    @property
    def share(self) -> float:
        """From 0 to 1; 0 before any time has gone by."""
        whole = self._clock() - self._begun - self._held
        price = statistics.median(self._prices) if self._prices else 0.0
        program = self._program - self._unpriced * price
        return min(1.0, max(0.0, 1 - program / whole)) if whole > 0 else 0.0

    def measured(self, t: float, step: int, *, last: bool = False) -> LabCostMeasured | None:
        """What to log after `step`: once a second when the share has changed, and at the `last`."""
        now = self._clock()
        if now < self._next and not last:
            return None
        self._next = now + _INTERVAL
        share, said = round(self.share, 5), self._said
        noticeable = _NOTICEABLE if last else max(_NOTICEABLE, _RELATIVE * (said or 0.0))
        if said is not None and abs(share - said) < noticeable:
            return None
        self._said = share
        return LabCostMeasured(t=t, step=step, share=share)
