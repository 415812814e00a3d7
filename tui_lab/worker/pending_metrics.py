"""What was measured since the last block: steps, epochs, and what is not finite among it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from tui_lab.events import MetricsLogged, RunEvent
from tui_lab.worker.alarm import NonFiniteAlarm
from tui_lab.worker.block import StepBlock
from tui_lab.worker.position import Position


class PendingMetrics:
    """Gathers steps and epochs up to `position`; `take` hands them over as events."""

    def __init__(self, position: Position) -> None:
        self.block = StepBlock()
        """Takes over what each finished step left in its program."""
        self._position = position
        self._epochs: dict[str, list[float]] = {}
        self._evaluated: list[tuple[int, int]] = []
        self._alarm = NonFiniteAlarm()
        self.last: dict[str, Any] = {}
        """The values of what was handed over last."""

    @property
    def alarms(self) -> Mapping[str, int]:
        """The first step of each kind of alarm that was raised."""
        return self._alarm.steps

    def add_epoch(self, step: int, epoch: int, values: Mapping[str, float]) -> None:
        """Take over the whole-set metrics after an epoch."""
        for key, value in values.items():
            column = self._epochs.setdefault(key, [])
            column += [math.nan] * (len(self._evaluated) - len(column))  # it came and went
            column.append(value)
        self._evaluated.append((step, epoch))

    def take(self, t: float, names: Mapping[str, tuple[str, ...]]) -> Iterator[RunEvent]:
        """Everything gathered, as events; the steps before the epochs they belong to. `names` are
        the program's `record_names`."""
        self.last = {}
        if len(self.block):
            yield from self._take_steps(t, names)
        if self._evaluated:
            yield from self._take_epochs(t)

    def _take_steps(self, t: float, names: Mapping[str, tuple[str, ...]]) -> Iterator[RunEvent]:
        first = self._position.step - len(self.block) + 1
        columns = self.block.take(names)
        self.last.update({key: values[-1].item() for key, values in columns.items()})
        yield MetricsLogged(t=t, kind="step", first=first, columns=columns)
        vectors = frozenset(chain.from_iterable(names.values()))
        yield from self._alarm.check(first, columns, vectors & columns.keys(), t)

    def _take_epochs(self, t: float) -> Iterator[RunEvent]:
        steps, epochs = zip(*self._evaluated, strict=True)
        columns, self._epochs, self._evaluated = self._epochs, {}, []
        self.last.update({key: values[-1] for key, values in columns.items()})
        yield MetricsLogged(t=t, kind="epoch", steps=steps, epochs=epochs, columns=columns)
        yield from self._alarm.check_evaluations(steps, columns, t)
