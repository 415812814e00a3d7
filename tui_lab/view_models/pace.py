"""How fast a run goes and how long it will take, from the times in its events alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from tui_lab.cost import LabCostMeasured
from tui_lab.events import RunEvent

WINDOW = 2.0
"""Seconds of event time the rate is taken over: steady enough to read, quick to follow a knob."""


class Pace:
    """Steps per second while a run goes on, and over the whole of it once it has ended."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, int]] = deque()
        self._going = False
        self._ended = False
        self._running_time = 0.0
        self._steps = 0
        self.lab_share: float | None = None
        """The part of the time that the lab itself took, from 0 to 1; None where no log says so."""

    @property
    def state(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {
            "recent": [list(point) for point in self._recent],
            "going": self._going,
            "ended": self._ended,
            "running_time": self._running_time,
            "steps": self._steps,
            "lab_share": self.lab_share,
        }

    @classmethod
    def recalled(cls, state: Mapping[str, Any]) -> Pace:
        """The pace that had this `state`; raises `ValueError` and its like for what is none."""
        pace = cls()
        pace._recent.extend((float(t), int(step)) for t, step in state["recent"])
        pace._going, pace._ended = bool(state["going"]), bool(state["ended"])
        pace._running_time, pace._steps = float(state["running_time"]), int(state["steps"])
        share = state.get("lab_share")
        pace.lab_share = None if share is None else float(share)
        return pace

    @property
    def steps_per_second(self) -> float:
        """0 while paused and while it is not known."""
        if self._ended:
            return self._steps / self._running_time if self._running_time > 0 else 0.0
        if not self._going or len(self._recent) < 2:
            return 0.0
        (t0, step0), (t1, step1) = self._recent[0], self._recent[-1]
        return (step1 - step0) / (t1 - t0) if t1 > t0 else 0.0

    def fold(self, event: RunEvent) -> None:
        """Take over what the lab took."""
        if isinstance(event, LabCostMeasured):
            self.lab_share = float(event.share)

    def go(self, t: float, step: int) -> None:
        """The run starts or goes on."""
        self._recent.clear()
        self._recent.append((t, step))
        self._going, self._ended = True, False

    def reach(self, t: float, step: int) -> None:
        """The run has taken `step` steps."""
        if not self._recent or step <= self._recent[-1][1]:
            return
        if not self._going:  # a step taken phase by phase: its time was a person's
            self._recent.clear()
            self._recent.append((t, step))
            return
        last_t, last_step = self._recent[-1]
        self._running_time += max(0.0, t - last_t)
        self._steps += step - last_step
        self._recent.append((t, step))
        while len(self._recent) > 2 and self._recent[1][0] < t - WINDOW:
            self._recent.popleft()

    def hold(self) -> None:
        """The run stands still."""
        self._going = False

    def end(self) -> None:
        """No more steps will come."""
        self._ended = True
