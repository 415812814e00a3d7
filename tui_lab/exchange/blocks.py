"""What the events of a log measured, block by block, with the places of its rows in the run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tui_lab.checks import moment
from tui_lab.events import (
    GradientsLogged,
    MetricsLogged,
    RunEvent,
    RunFailed,
    RunFinished,
    RunResumed,
    RunStarted,
    RunStopped,
)
from tui_lab.runs.encoding import finite
from tui_lab.watching import TrainingFound

_OF_PARAMETERS = {"norm": "norm", "grad": "grad_norm", "update": "update"}
"""Families of metrics, and where a snapshot of the gradients has them."""


@dataclass(frozen=True)
class Block:
    """Consecutive rows; a column that ends early has no values for the rest of them."""

    kind: str
    steps: Sequence[int]
    epochs: Sequence[int | None]
    since: float
    t: float
    """Seconds: the rows are spread evenly over the time since the block before."""
    columns: Mapping[str, Sequence[Any]]


class Blocks:
    """A fold over the events of a log, from its beginning."""

    def __init__(self) -> None:
        self.started: datetime | None = None
        self.parameters: list[str] = []
        self.found: TrainingFound | None = None
        """What a script trains, as far as that was found out."""
        self._steps_per_epoch = self._offset = 0
        self._times: dict[str, float] = {}
        self._rested = 0.0

    def take(self, event: RunEvent) -> Block | None:
        """The block that an event is; None for one that measures nothing."""
        match event:
            case RunStarted():
                self._start(event)
            case RunResumed():
                self._rested, self._times = float(event.t), {}
            case TrainingFound():
                self.found, self._steps_per_epoch = event, event.steps_per_epoch
                self._know(event.parameters)
            case MetricsLogged():
                return self._measured(event)
            case GradientsLogged():
                self._know(event.parameters)
                return self._point("gradients", event, self._epoch(event.step), _looked_at(event))
            case RunFinished() | RunStopped() | RunFailed():
                return self._point("end", event, event.epoch, event.metrics)
        return None

    def _start(self, event: RunStarted) -> None:
        self._steps_per_epoch, self._offset = event.steps_per_epoch, event.epoch_offset
        self._know(event.parameters)
        self._rested, self._times = float(event.t), {}
        begun = moment(event.started, datetime.now(UTC))
        if self.started is None and begun is not None and math.isfinite(event.t):
            self.started = begun - timedelta(seconds=float(event.t))

    def _know(self, parameters: Sequence[Mapping[str, Any]]) -> None:
        names = (str(each.get("name")) for each in parameters)
        self.parameters += [name for name in names if name not in self.parameters]

    def _measured(self, event: MetricsLogged) -> Block | None:
        rows = max(map(len, event.columns.values()), default=0)
        if not rows:
            return None
        if event.kind == "step":
            steps: Sequence[int] = range(event.first, event.first + rows)
            epochs: Sequence[int | None] = [self._epoch(step) for step in steps]
        else:
            epochs = event.epochs[:rows]
            steps = event.steps[:rows] or [self._end_of(epoch) for epoch in event.epochs[:rows]]
        return self._timed(event.kind, steps, epochs, float(event.t), event.columns)

    def _point(
        self, kind: str, event: Any, epoch: int | None, values: Mapping[str, Any]
    ) -> Block | None:
        columns = {str(key): [finite(value)] for key, value in values.items()}
        return Block(kind, [event.step], [epoch], event.t, event.t, columns) if columns else None

    def _timed(
        self,
        kind: str,
        steps: Sequence[int],
        epochs: Sequence[int | None],
        t: float,
        columns: Mapping[str, Sequence[Any]],
    ) -> Block:
        since = t if kind == "evaluation" else min(self._times.get(kind, self._rested), t)
        self._times[kind] = t
        return Block(kind, steps, epochs, since, t, columns)

    def _epoch(self, step: int) -> int | None:
        """The epoch a step belongs to, both from 1; None when epochs have no fixed length."""
        length = self._steps_per_epoch
        return (step - self._offset - 1) // length + 1 if length > 0 else None

    def _end_of(self, epoch: int) -> int:
        return epoch * max(1, self._steps_per_epoch) + self._offset


def _looked_at(event: GradientsLogged) -> dict[str, Any]:
    """Norms of every parameter at a watched step, and of all together."""
    values = {
        f"{family}/{state.get('name')}": state[field]
        for family, field in _OF_PARAMETERS.items()
        for state in event.parameters
        if state.get(field) is not None
    }
    for family in ("norm", "grad"):
        parts = [v for k, v in values.items() if k.startswith(f"{family}/")]
        if parts:
            values[f"{family}/all"] = math.hypot(*map(float, parts))
    return values
