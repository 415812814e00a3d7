"""What was measured since the last block: steps, epochs, and what is not finite among it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from tui_lab.events import MetricsLogged, RunEvent
from tui_lab.worker.alarm import NonFiniteAlarm, first_nonfinite
from tui_lab.worker.block import Columns, StepBlock
from tui_lab.worker.captured.measures import Measured, read
from tui_lab.worker.captured.ring import Ring, Stretch
from tui_lab.worker.evaluations import Evaluations, Measurements
from tui_lab.worker.health_alarms import HealthAlarms
from tui_lab.worker.position import Position


class PendingMetrics:
    """Gathers steps and epochs up to `position`; `take` hands them over as events."""

    def __init__(self, position: Position, alarms: Mapping[str, int]) -> None:
        """`alarms` of these kinds were raised before, at these steps."""
        self.block = StepBlock()
        """Takes over what each finished step left in its program."""
        self._behind: list[StepBlock | Stretch] = []
        """What was gathered before that, in order."""
        self._refused: dict[str, str] = {}
        self._owed: list[tuple[int, int, Measured]] = []
        """Epochs whose metrics are still on the card."""
        self._position = position
        self._rows: list[tuple[int, Columns, frozenset[str]]] = []
        """Steps that were copied from the device: the first of them, what was measured, and the
        keys of what are parameters."""
        self._evaluations: Evaluations[float] = Evaluations()
        self._alarm = NonFiniteAlarm(alarms)
        self.health = HealthAlarms(alarms, position.step)
        """What judges the losses that are handed over."""
        self.last: dict[str, Any] = {}
        """The values of what was handed over last."""

    @property
    def alarms(self) -> Mapping[str, int]:
        """The first step of each kind of alarm that was raised."""
        return self._alarm.steps

    @property
    def gathered(self) -> int:
        """Steps that were not copied from the device yet."""
        return sum(map(len, self._behind)) + len(self.block)

    def add_stretch(self, ring: Ring, start: int, count: int) -> None:
        """Take over steps that left what they say in rows of a ring."""
        if len(self.block):
            self._behind.append(self.block)
            self.block = StepBlock()
        last = self._behind[-1] if self._behind else None
        if not (isinstance(last, Stretch) and last.joins(ring, start, count)):
            self._behind.append(Stretch(ring, start, count))

    def refused(self) -> Iterator[tuple[str, str]]:
        """What was recorded since the last time and is no number: its key, and what it is."""
        behind, self._refused = self._refused, {}
        yield from {**behind, **dict(self.block.refused())}.items()

    def _settle_epochs(self) -> None:
        owed, self._owed = self._owed, []
        numbers = read([measured for _, _, measured in owed])
        for (step, epoch, _), values in zip(owed, numbers, strict=True):
            self.add_epoch(step, epoch, values)

    def add_epoch(self, step: int, epoch: int, values: Measured | Mapping[str, float]) -> None:
        """Take over the whole-set metrics after an epoch, which may still be on the card."""
        if isinstance(values, Measured):
            self._owed.append((step, epoch, values))
            return
        self._settle_epochs()
        self._evaluations.add(step, epoch, values)

    def add(
        self,
        first: int,
        columns: Columns,
        measured: Sequence[Measurements[float]],
        names: frozenset[str] = frozenset(),
    ) -> None:
        """Take over steps from `first` on that were copied from the device by someone else, and
        what was `measured` among them; `names` are the keys of parameters."""
        if columns:
            self._rows.append((first, columns, names & columns.keys()))
        self._evaluations.extend(measured)

    def copy(self, names: Mapping[str, tuple[str, ...]], after: int = 0) -> int | None:
        """Copy from the device what was gathered; gives the first step `after` which a loss or a
        parameter was not finite. `names` are the program's `record_names`."""
        first = self._position.step - self.gathered + 1
        named = frozenset(chain.from_iterable(names.values()))
        damaged = []
        for offset, columns in self._parts(names):
            begin, parameters = first + offset, named & columns.keys()
            self._rows.append((begin, columns, parameters))
            row = first_nonfinite(columns, parameters, max(0, after + 1 - begin))
            damaged += [begin + row] if row is not None else []
        return min(damaged, default=None)

    def _parts(self, names: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, Columns]]:
        """Everything gathered, as columns, each with the row that it begins at."""
        behind, self._behind = self._behind, []
        begin = 0
        for gathered in behind:
            rows = len(gathered)
            yield from ((begin + offset, columns) for offset, columns in gathered.parts(names))
            begin += rows
            if isinstance(gathered, StepBlock):
                self._refused.update(gathered.refused())
        if len(self.block):
            yield from ((begin + offset, columns) for offset, columns in self.block.parts(names))

    def forget_after(self, step: int) -> None:
        """The run went back: what was measured after this step never was."""
        self._rows = [
            (first, {key: column[: step + 1 - first] for key, column in columns.items()}, keys)
            for first, columns, keys in self._rows
            if first <= step
        ]
        self._settle_epochs()
        self._evaluations.cut_after(step)
        self._alarm.forget_after(step)
        self.health.forget_after(step)

    def take(self, t: float, names: Mapping[str, tuple[str, ...]]) -> Iterator[RunEvent]:
        """Everything gathered, as events; the steps before the epochs they belong to."""
        self.copy(names)
        rows, self._rows, self.last = self._rows, [], {}
        for first, columns, parameters in rows:
            self.last.update({key: values[-1].item() for key, values in columns.items()})
            yield MetricsLogged(t=t, kind="step", first=first, columns=columns)
            yield from self.health.check(first, columns, t)
            yield from self._alarm.check(first, columns, parameters, t)
        self._settle_epochs()
        for measured in self._evaluations.take():
            yield from self._evaluated(measured, t)

    def _evaluated(self, measured: Measurements[float], t: float) -> Iterator[RunEvent]:
        steps, epochs = zip(*measured.at, strict=True)
        columns = measured.columns
        self.last.update({key: values[-1] for key, values in columns.items()})
        yield MetricsLogged(t=t, kind="epoch", steps=steps, epochs=epochs, columns=columns)
        yield from self.health.check_evaluations(steps, columns, t)
        yield from self._alarm.check_evaluations(steps, columns, t)
