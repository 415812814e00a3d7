"""Where a run stands: one count of steps, epochs and seconds, shared by all that speak of them."""

from __future__ import annotations

import time
from collections.abc import Callable


class Position:
    """Steps and epochs completed, and the time that took.

    A run that is taken up, or goes back, goes on at the `step`, `epoch` and `t` it is given.
    """

    def __init__(
        self,
        step: int = 0,
        epoch: int = 0,
        t: float = 0.0,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._clock = clock
        self.go_to(step, epoch, t)

    def go_to(self, step: int, epoch: int, t: float) -> None:
        """From now on this is where the run stands."""
        self.step = step
        """Optimizer steps taken to their end; 0 before the first."""
        self.epoch = epoch
        """Epochs completed."""
        self._start = self._clock() - t

    @property
    def t(self) -> float:
        """Seconds since the run started; those in which no worker drove it do not count."""
        return round(self._clock() - self._start, 6)
