"""What was measured since the last block: steps, epochs, and what is not finite among it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tui_lab.events import MetricsLogged, RunEvent
from tui_lab.training.program import Program
from tui_lab.worker.alarm import NonFiniteAlarm
from tui_lab.worker.block import StepBlock

_LONGEST = 4096
"""Steps after which a block should be closed whatever the time, so that its tensors stay few."""


class Measurements:
    """Gathers steps and epochs; `take` hands them over as events."""

    def __init__(self) -> None:
        self._block = StepBlock()
        self._first = 1
        self._epochs: dict[str, list[float]] = {}
        self._evaluated: list[tuple[int, int]] = []
        self._names: Mapping[str, tuple[str, ...]] = {}
        self._alarm = NonFiniteAlarm()
        self.step = 0
        """The last step handed over."""
        self.last: dict[str, Any] = {}
        """The values of what was handed over last."""

    @property
    def is_long(self) -> bool:
        """Whether the block holds as many steps as it should."""
        return len(self._block) >= _LONGEST

    @property
    def alarms(self) -> Mapping[str, int]:
        """The first step of each kind of alarm that was raised."""
        return self._alarm.steps

    def add_step(self, step: int, program: Program) -> None:
        """Take over what a finished step left in its program."""
        if not len(self._block):
            self._first = step
        self._block.add(program)
        self._names = program.record_names

    def add_epoch(self, step: int, epoch: int, values: Mapping[str, float]) -> None:
        """Take over the whole-set metrics after an epoch."""
        for key, value in values.items():
            self._epochs.setdefault(key, []).append(value)
        self._evaluated.append((step, epoch))

    def take(self, t: float) -> Iterator[RunEvent]:
        """Everything gathered, as events; the steps before the epochs they belong to."""
        self.last = {}
        if len(self._block):
            yield from self._take_steps(t)
        if self._evaluated:
            yield self._take_epochs(t)

    def _take_steps(self, t: float) -> Iterator[RunEvent]:
        self.step = self._first + len(self._block) - 1
        columns = self._block.take(self._names)
        self.last.update({key: values[-1].item() for key, values in columns.items()})
        yield MetricsLogged(t=t, kind="step", first=self._first, columns=columns)
        vectors = frozenset(key for names in self._names.values() for key in names)
        yield from self._alarm.check(self._first, columns, vectors & columns.keys(), t)

    def _take_epochs(self, t: float) -> MetricsLogged:
        steps, epochs = zip(*self._evaluated, strict=True)
        columns, self._epochs, self._evaluated = self._epochs, {}, []
        self.step = steps[-1]
        self.last.update({key: values[-1] for key, values in columns.items()})
        return MetricsLogged(t=t, kind="epoch", steps=steps, epochs=epochs, columns=columns)
