"""Every metric of a run: its series per step and per epoch, and its last value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from tui_lab.checks import MOST_COLUMNS
from tui_lab.events import MetricsLogged
from tui_lab.view_models.figure import Floats
from tui_lab.view_models.series import Series, column, number

Kind = Literal["step", "epoch"]


class Measurements:
    """A fold over blocks of metrics."""

    def __init__(self) -> None:
        self.series: dict[tuple[Kind, str], Series] = {}
        """By kind and key; evaluations asked for by a person stand among the epochs."""
        self.last: dict[str, float] = {}
        """The newest value of every key; a whole-set value counts more than one batch's."""
        self.step = 0
        self.epoch = 0
        self._times: dict[Kind, float] = {}

    def rest(self, t: float) -> None:
        """The steps of the next block were taken after `t`."""
        self._times = {"step": t, "epoch": t}

    def fold(self, event: MetricsLogged, steps_per_epoch: int) -> None:
        """Take over a block; its rows are spread evenly over the time since the block before.

        Raises `ValueError` where there are more metrics than can be kept; the others are left out.
        """
        kind: Kind = "step" if event.kind == "step" else "epoch"
        columns = {str(key): column(values) for key, values in event.columns.items()}
        rows = max(map(len, columns.values()), default=0)
        if not rows:
            return
        steps = _steps(event, rows, steps_per_epoch)
        times = self._spread(kind, event, rows)
        left_out = 0
        for key, values in columns.items():
            if (kind, key) not in self.series:
                if len(self.series) >= MOST_COLUMNS:
                    left_out += 1
                    continue
                self.series[kind, key] = Series()
            self.series[kind, key].append(steps, values, times)
            if kind == "epoch" or ("epoch", key) not in self.series:
                self.last[key] = float(values[-1]) if len(values) else float("nan")
        if math.isfinite(steps[-1]):
            self.step = max(self.step, int(steps[-1]))
        if event.epochs:
            self.epoch = max(self.epoch, int(event.epochs[-1]))
        if left_out:
            raise ValueError(f"{left_out:,} metrics beyond {MOST_COLUMNS:,} are left out")

    def end(self, step: int, epoch: int, metrics: Mapping[str, Any]) -> None:
        """Take over what the run's last event says."""
        self.step, self.epoch = max(self.step, step), max(self.epoch, epoch)
        self.last |= {str(key): number(value) for key, value in metrics.items()}

    def _spread(self, kind: Kind, event: MetricsLogged, rows: int) -> Floats:
        t = float(event.t)
        if event.kind == "evaluation":
            return np.full(rows, t)
        start = min(self._times.get(kind, 0.0), t)
        self._times[kind] = t
        return start + (t - start) * np.arange(1, rows + 1) / rows


def _steps(event: MetricsLogged, rows: int, steps_per_epoch: int) -> Floats:
    if event.kind == "step":
        return np.arange(event.first, event.first + rows, dtype=np.float64)
    if len(event.steps) >= rows:
        return column(event.steps)
    return column(event.epochs) * max(1, steps_per_epoch)
