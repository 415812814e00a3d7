"""What was done to a run while it ran, read off its log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tui_lab.events import (
    HyperparameterChanged,
    RunEvent,
    RunResumed,
    RunStopped,
    StepAbandoned,
    StepAltered,
)
from tui_lab.runs.tail import RunTail
from tui_lab.schedule import ALTERATIONS, Intervention

_TELLING = (
    b'"hyperparameter_changed"',
    b'"run_resumed"',
    b'"run_stopped"',
    b'"step_abandoned"',
    b'"step_altered"',
)


def schedule_of(events: Iterable[RunEvent], *, after: int = 0) -> list[Intervention]:
    """The interventions that stand, in the order they were made: those of steps later than `after`.

    The log alone tells: what was asked for beforehand stands in it too once it was done. Knobs that
    were turned one after the other at one step are one intervention.
    """
    done: list[Intervention] = []
    for event in events:
        match event:
            case RunResumed(from_step=int(step)):
                done = [each for each in done if each.step <= step and each.act != "stop"]
            case HyperparameterChanged():
                _turn(done, event)
            case StepAbandoned():
                _abandon(done, event)
            case StepAltered() if event.how in (*ALTERATIONS, "weights"):
                done.append(Intervention(step=event.step, act=event.how))
            case RunStopped() if event.step > 0:
                done.append(Intervention(step=event.step, act="stop"))
    return [each for each in done if each.step > after]


def read_schedule(log: Path, *, settled: bool = False, after: int = 0) -> list[Intervention]:
    """The same of the log at this path, whose measurements are passed over. Raises
    `RunUnreadable`."""
    return schedule_of(RunTail(log, settled=settled, wanted=_may_tell), after=after)


def _may_tell(line: bytes) -> bool:
    head = line[:100]
    return any(kind in head for kind in _TELLING)


def _turn(done: list[Intervention], event: HyperparameterChanged) -> None:
    values = {event.name: event.new}
    if done and done[-1].step == event.step and not done[-1].act:
        done[-1] = replace(done[-1], values={**done[-1].values, **values})
    else:
        done.append(Intervention(step=event.step, values=values))


def _abandon(done: list[Intervention], event: StepAbandoned) -> None:
    """Nothing remains of what was done within the attempt; a knob stays as it was turned."""
    done[:] = [each for each in done if each.step != event.step or each.act not in ALTERATIONS]
    if event.then == "skip":
        done.append(Intervention(step=event.step, act="skip"))
