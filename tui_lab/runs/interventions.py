"""What was done to a run while it ran, read off its log."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tui_lab.events import RunEvent
from tui_lab.runs.tail import RunTail
from tui_lab.schedule import Intervention
from tui_lab.steering import Steering

_TELLING = (
    b'"hyperparameter_changed"',
    b'"run_resumed"',
    b'"run_stopped"',
    b'"step_abandoned"',
    b'"step_altered"',
)


def schedule_of(events: Iterable[RunEvent], *, after: int = 0) -> list[Intervention]:
    """The interventions that stand, in the order they were made: those of steps later than
    `after`."""
    steering = Steering()
    for event in events:
        steering.fold(event)
    return [each for each in steering.done if each.step > after]


def read_schedule(log: Path, *, settled: bool = False, after: int = 0) -> list[Intervention]:
    """The same of the log at this path, whose measurements are passed over. Raises
    `RunUnreadable`."""
    return schedule_of(RunTail(log, settled=settled, wanted=_may_tell), after=after)


def _may_tell(line: bytes) -> bool:
    head = line[:100]
    return any(kind in head for kind in _TELLING)
