"""What was done to a run while it ran, as its log tells it."""

from __future__ import annotations

from collections.abc import Iterable

from tui_lab.events import (
    HyperparameterChanged,
    RunEvent,
    RunResumed,
    RunStopped,
    StepAbandoned,
    StepAltered,
)
from tui_lab.schedule import Intervention

ALTERED = ("clip",)
"""What may be done inside a step and can be asked for again; `how` begins with it."""


def schedule_of(events: Iterable[RunEvent]) -> list[Intervention]:
    """The interventions in a log, in the order in which they happened, without those that a run
    which was taken up again left behind."""
    done = list[Intervention]()
    for event in events:
        match event:
            case RunResumed(from_step=int(step)):
                done = [each for each in done if each.step <= step and each.act != "stop"]
            case HyperparameterChanged():
                done.append(Intervention(step=event.step, values={event.name: event.new}))
            case StepAbandoned(then="skip"):
                done.append(Intervention(step=event.step, act="skip"))
            case StepAltered() if event.how.startswith(ALTERED):
                done.append(Intervention(step=event.step, act="clip"))
            case RunStopped() if event.step:
                done.append(Intervention(step=event.step, act="stop"))
    return done
