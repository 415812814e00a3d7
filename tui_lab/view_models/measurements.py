"""Every metric of a run: its series per step and per epoch, and its last value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from tui_lab.checks import MOST_COLUMNS
from tui_lab.events import MetricsLogged
from tui_lab.view_models.extent import Extent
from tui_lab.view_models.figure import Floats
from tui_lab.view_models.series import Series, column, number

Kind = Literal["step", "epoch"]


_MANY = 4096
"""Rows that wait for somebody to look, as many blocks at once cost little more than one."""


class Measurements:
    """A fold over blocks of metrics."""

    def __init__(self) -> None:
        self._series: dict[tuple[Kind, str], Series] = {}
        self._waiting: dict[tuple[Kind, str], list[tuple[Floats, Floats, Floats]]] = {}
        self._rows = 0
        self.last: dict[str, float] = {}
        """The newest value of every key; a whole-set value counts more than one batch's."""
        self.step = 0
        self.epoch = 0
        self._times: dict[Kind, float] = {}
        self._cut_at = 0.0

    @property
    def series(self) -> Mapping[tuple[Kind, str], Series]:
        """By kind and key; evaluations asked for by a person stand among the epochs."""
        if self._waiting:
            self._take_in()
        return self._series

    @property
    def has_points(self) -> bool:
        """Whether anything was measured."""
        return bool(self._series)

    @property
    def state(self) -> dict[str, Any]:
        """All but the points, as plain data."""
        series = [[kind, key, line.state] for (kind, key), line in self.series.items()]
        return {
            "series": series,
            "last": self.last,
            "step": self.step,
            "epoch": self.epoch,
            "times": self._times,
            "cut_at": self._cut_at,
        }

    def recall(self, state: Mapping[str, Any], points: Sequence[Floats]) -> None:
        """Take over what another had come to, with the points of its series in their order; raises
        `ValueError` and its like for what is none."""
        for (kind, key, line), array in zip(state["series"], points, strict=True):
            self._series[_kind(kind), str(key)] = Series.recalled(array, line)
        self.last |= {str(key): number(value) for key, value in state["last"].items()}
        self.step, self.epoch = int(state["step"]), int(state["epoch"])
        self._times = {_kind(kind): float(t) for kind, t in state["times"].items()}
        self._cut_at = float(state["cut_at"])

    def begin(self, step: int, epoch: int) -> None:
        """So many steps and epochs lie behind."""
        self.step, self.epoch = max(self.step, step), max(self.epoch, epoch)

    def rest(self, t: float) -> None:
        """The steps of the next block were taken after `t`."""
        self._times = {"step": t, "epoch": t}

    def cut_after(self, step: int, extent: Extent, t: float) -> None:
        """What came after `step`, which was reached after `t` seconds, never was."""
        cut = {}
        for place, line in self.series.items():
            line.cut_after(step)
            if len(line):
                cut[place] = line
        self._series = cut
        self.last.clear()
        for (kind, key), line in cut.items():
            if kind == "epoch" or ("epoch", key) not in cut:
                self.last[key] = float(line.values[-1])
        self.step = min(self.step, step)
        if extent.steps_per_epoch:
            self.epoch = min(self.epoch, extent.completed(step))
        # Rows were spread over the time of their block: the last may stand a little late.
        self._cut_at = max([t, *(float(np.nan_to_num(line.times[-1])) for line in cut.values())])
        self.rest(self._cut_at)

    def fold(self, event: MetricsLogged, extent: Extent) -> None:
        """Take over a block; its rows are spread evenly over the time since the block before.

        Raises `ValueError` where there are more metrics than can be kept; the others are left out.
        """
        kind = _kind(event.kind)
        columns = {str(key): column(values) for key, values in event.columns.items()}
        rows = max(map(len, columns.values()), default=0)
        if not rows:
            return
        steps = _steps(event, rows, extent)
        times = self._spread(kind, event, rows)
        left_out = 0
        for key, values in columns.items():
            if (kind, key) not in self._series and len(self._series) >= MOST_COLUMNS:
                left_out += 1
            else:
                self._append(kind, key, steps, values, times)
        if math.isfinite(steps[-1]):
            self.step = max(self.step, int(steps[-1]))
        if event.epochs:
            self.epoch = max(self.epoch, int(event.epochs[-1]))
        self._rows += rows
        if self._rows >= _MANY:
            self._take_in()
        if left_out:
            raise ValueError(f"{left_out:,} metrics beyond {MOST_COLUMNS:,} are left out")

    def _append(self, kind: Kind, key: str, steps: Floats, values: Floats, times: Floats) -> None:
        self._series.setdefault((kind, key), Series())
        count = min(len(steps), len(values))
        block = steps[:count], values[:count], times[:count]
        self._waiting.setdefault((kind, key), []).append(block)
        if kind == "epoch" or ("epoch", key) not in self._series:
            self.last[key] = float(values[-1]) if len(values) else float("nan")

    def _take_in(self) -> None:
        for place, blocks in self._waiting.items():
            steps, values, times = map(np.concatenate, zip(*blocks, strict=True))
            self._series[place].append(steps, values, times)
        self._waiting.clear()
        self._rows = 0

    def end(self, step: int, epoch: int, metrics: Mapping[str, Any]) -> None:
        """Take over what the run's last event says."""
        self.step, self.epoch = max(self.step, step), max(self.epoch, epoch)
        self.last |= {str(key): number(value) for key, value in metrics.items()}

    def _spread(self, kind: Kind, event: MetricsLogged, rows: int) -> Floats:
        t = max(float(event.t), self._cut_at)
        if event.kind == "evaluation":
            return np.full(rows, t)
        start = min(self._times.get(kind, 0.0), t)
        self._times[kind] = t
        return start + (t - start) * np.arange(1, rows + 1) / rows


def _kind(text: str) -> Kind:
    return "step" if text == "step" else "epoch"


def _steps(event: MetricsLogged, rows: int, extent: Extent) -> Floats:
    if event.kind == "step":
        return np.arange(event.first, event.first + rows, dtype=np.float64)
    if len(event.steps) >= rows:
        return column(event.steps)
    return column([extent.end_of(int(epoch)) for epoch in event.epochs])
