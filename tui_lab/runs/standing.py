"""What stands of a log that went back: a run that was taken up at a step has no later past.

Where a log is folded, the fold itself goes back (`view_models.run`); whoever writes rows out as
they are read must know beforehand which of them stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from tui_lab.events import (
    MetricsLogged,
    RunEnded,
    RunEvent,
    RunResumed,
    RunStarted,
)
from tui_lab.runs.tail import RunTail

_RESUMED = b'"run_resumed"'


class Limits:
    """The last step that stands of what is being read, from one `RunResumed` to the next."""

    def __init__(self, from_steps: Iterable[int]) -> None:
        lowest = list(accumulate(reversed(list(from_steps)), min))
        self._lowest = lowest[::-1]
        """From the n-th time the run was taken up on, the earliest step it goes back to."""

    @classmethod
    def of(cls, log: Path, *, settled: bool) -> Limits:
        """Those of all of the log; raises `RunUnreadable`."""
        tail = RunTail(log, settled=settled, wanted=lambda line: _RESUMED in line[:100])
        return cls(map(went_back_to, filter(went_back, tail)))

    def standing(self, events: Iterable[RunEvent]) -> Iterator[RunEvent]:
        """Those that stand, in their order; of a block of metrics the rows that do. `events` are
        those of the log from its beginning, any but `RunResumed` left out or not."""
        times = 0
        for event in events:
            if went_back(event):
                times += 1
                yield event
            elif times >= len(self._lowest):
                yield event
            elif (kept := _until(event, self._lowest[times])) is not None:
                yield kept


def went_back(event: RunEvent) -> bool:
    """Whether this says that the run was taken up at an earlier step."""
    return isinstance(event, RunResumed) and event.from_step is not None


def went_back_to(event: Any) -> int:
    """The step of an event that says so."""
    return int(event.from_step)


def _until(event: RunEvent, last: int) -> RunEvent | None:
    if isinstance(event, MetricsLogged):
        return _rows_until(event, last)
    if isinstance(event, RunEnded):
        return None  # it went on
    step = 0 if isinstance(event, RunStarted) else getattr(event, "step", 0)
    return event if step <= last else None


def _rows_until(event: MetricsLogged, last: int) -> MetricsLogged | None:
    if event.kind == "step":
        count = max(0, last - event.first + 1)
    else:
        count = _ascending_until(event.steps, last)
    rows = max(map(len, event.columns.values()), default=0)
    if count >= rows:
        return event
    columns = {key: values[:count] for key, values in event.columns.items()}
    cut = replace(event, steps=event.steps[:count], epochs=event.epochs[:count], columns=columns)
    return cut if count else None


def _ascending_until(steps: Sequence[int], last: int) -> int:
    """How many there are before the first that is later."""
    return next((index for index, step in enumerate(steps) if step > last), len(steps))
