"""Notices the first step at which something stopped being a finite number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tui_lab.events import AlarmRaised
from tui_lab.worker.block import Columns

_MESSAGES = {
    "step/first_inf": "the batch loss became infinite",
    "step/first_nan": "the batch loss became NaN",
    "step/first_nonfinite_parameter": "a parameter stopped being finite",
    "step/first_nonfinite_evaluation": "a loss of a whole set stopped being finite",
}


def first_nonfinite(columns: Columns, parameters: frozenset[str], start: int = 0) -> int | None:
    """The first row of a block, from row `start` on, whose loss, or one of the `parameters` among
    its columns, is not finite; None when all are."""
    keys = [key for key in ("train/loss", *parameters) if key in columns]
    finite = [np.isfinite(columns[key][start:]) for key in keys]
    if all(column.all() for column in finite):
        return None
    return start + int(np.logical_and.reduce(finite).argmin())


class NonFiniteAlarm:
    """Looks at every block of steps; each kind of alarm is raised once, with its exact step."""

    def __init__(self, raised: Mapping[str, int] | None = None) -> None:
        self.steps = {kind: step for kind, step in (raised or {}).items() if kind in _MESSAGES}
        """The first step of each kind that happened, by metric key."""

    def check(
        self,
        first: int,
        columns: Columns,
        parameters: frozenset[str],
        t: float,
    ) -> Iterator[AlarmRaised]:
        """The alarms in a block that starts at step `first`; `parameters` are the keys of columns
        that hold parameter components."""
        losses = columns.get("train/loss", np.empty(0))
        if first_nonfinite(columns, parameters) is None:
            return
        seen = {"step/first_inf": np.isinf(losses), "step/first_nan": np.isnan(losses)}
        parts = [~np.isfinite(columns[key]) for key in sorted(parameters)]
        if parts:
            seen["step/first_nonfinite_parameter"] = np.logical_or.reduce(parts)
        for kind, hits in seen.items():
            if kind not in self.steps and hits.any():
                yield self._raised(kind, first + int(hits.argmax()), t)

    def check_evaluations(
        self, steps: Sequence[int], columns: Mapping[str, Sequence[float]], t: float
    ) -> Iterator[AlarmRaised]:
        """The alarm in evaluations after `steps`: whole-set losses that are not finite once a step
        was taken. A demonstration takes none, and what has no loss yet has not diverged."""
        kind = "step/first_nonfinite_evaluation"
        losses = [column for key, column in columns.items() if key.endswith("/loss")]
        hits = [
            step
            for column in losses
            for step, value in zip(steps, column, strict=False)
            if step > 0 and not math.isfinite(value)
        ]
        if hits and kind not in self.steps:
            yield self._raised(kind, min(hits), t)

    def forget_after(self, step: int) -> None:
        """The run went back: what came after this step never happened."""
        self.steps = {kind: first for kind, first in self.steps.items() if first <= step}

    def _raised(self, kind: str, step: int, t: float) -> AlarmRaised:
        self.steps[kind] = step
        return AlarmRaised(t=t, step=step, kind=kind, message=_MESSAGES[kind])
