"""What was done to a run while it ran, as its events tell it one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tui_lab.events import (
    HyperparameterChanged,
    RunEvent,
    RunResumed,
    RunStopped,
    StepAbandoned,
    StepAltered,
)
from tui_lab.schedule import ALTERATIONS, Intervention


class Steering:
    """The interventions that stand, in the order they were made.

    The log alone tells: what was asked for beforehand stands in it too once it was done. Knobs that
    were turned one after the other at one step are one intervention.
    """

    def __init__(self, done: Iterable[Intervention] = ()) -> None:
        self.done = list(done)

    def fold(self, event: RunEvent) -> None:
        """Take over what an event tells of."""
        match event:
            case RunResumed(from_step=int(step)):
                self.done = [e for e in self.done if e.step <= step and e.act != "stop"]
            case HyperparameterChanged():
                self._turn(event)
            case StepAbandoned():
                self._abandon(event)
            case StepAltered() if event.how in (*ALTERATIONS, "weights"):
                self.done.append(Intervention(step=event.step, act=event.how))
            case RunStopped() if event.step > 0:
                self.done.append(Intervention(step=event.step, act="stop"))

    def _turn(self, event: HyperparameterChanged) -> None:
        values = {event.name: event.new}
        last = self.done[-1] if self.done else None
        if last is not None and last.step == event.step and not last.act:
            self.done[-1] = replace(last, values={**last.values, **values})
        else:
            self.done.append(Intervention(step=event.step, values=values))

    def _abandon(self, event: StepAbandoned) -> None:
        """Nothing remains of what was done within the attempt; a knob stays as it was turned."""
        step = event.step
        self.done = [e for e in self.done if e.step != step or e.act not in ALTERATIONS]
        if event.then == "skip":
            self.done.append(Intervention(step=step, act="skip"))
