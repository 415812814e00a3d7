"""Whether the losses of a run diverge or overfit, from those it measures anyway."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tui_lab.health import (
    DIVERGING_BATCH_RISE,
    DIVERGING_LOSSES,
    DIVERGING_RISE,
    OVERFITTING_EVALUATIONS,
    Losses,
    is_diverging,
    is_overfitting,
)

HELD_OUT = ("val/loss", "test/loss")
"""Losses of sets that are not trained on; the first that there is counts."""
Found = tuple[int, str]
"""The step at which something is not healthy, and what in a sentence."""


class BatchLosses:
    """The first losses of single steps, to judge those that come by."""

    def __init__(self) -> None:
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self.ends: tuple[float | None, float | None] = (None, None)
        """The losses of the first step of the run and of the last one seen."""

    def fold(self, first: int, losses: npt.NDArray[np.floating]) -> Found | None:
        """Take over the losses of the steps from `first` on; gives the first of them at which they
        diverge."""
        if not len(losses):
            return None
        values = losses.tolist()
        self.ends = (values[0] if first == 1 else self.ends[0], values[-1])
        lacking = DIVERGING_LOSSES - len(self._first)
        known = zip(range(first, first + lacking), values[:lacking], strict=False)
        self._first |= {step: loss for step, loss in known if math.isfinite(loss)}
        last = list(self._last.values())
        found = self._diverging(first, [*last, *values], len(last))
        new = zip(range(first, first + len(values)), values, strict=True)
        self._last = dict([*self._last.items(), *new][-DIVERGING_LOSSES + 1 :])
        return found

    def cut_after(self, step: int) -> None:
        """Later steps never were."""
        self._first = {at: loss for at, loss in self._first.items() if at <= step}
        self._last = {at: loss for at, loss in self._last.items() if at <= step}

    def _diverging(self, first: int, values: Sequence[float], before: int) -> Found | None:
        usual = max(self._first.values(), default=math.nan)
        high = np.flatnonzero(np.asarray(values) > DIVERGING_BATCH_RISE * usual)
        for at in high.tolist():
            last = values[max(0, at + 1 - DIVERGING_LOSSES) : at + 1]
            if is_diverging(usual, last, DIVERGING_BATCH_RISE):
                rise = f"over {DIVERGING_BATCH_RISE:g} times the first ones ({usual:.3g} at most)"
                sentence = f"the loss diverges: the last {DIVERGING_LOSSES} are {rise}"
                return first + at - before, f"{sentence}, now {last[-1]:.3g}"
        return None


class SetLosses:
    """The losses of whole sets: the first, the last few, and those of the best evaluation."""

    def __init__(self) -> None:
        self._train: dict[int, float] = {}
        self._start: Losses | None = None
        self._best: tuple[int, Losses] | None = None
        self._since = 0

    def fold(
        self, steps: Sequence[int], columns: Mapping[str, Sequence[float]]
    ) -> dict[str, Found]:
        """Take over evaluations after `steps`; gives what is not healthy by its word."""
        found: dict[str, Found] = {}
        train = columns.get("train/loss", ())
        held_out = next((key for key in HELD_OUT if key in columns), "")
        for row, (step, loss) in enumerate(zip(steps, train, strict=False)):
            if sentence := self._diverging(step, loss):
                found.setdefault("diverging", (step, sentence))
            losses = Losses(loss, columns[held_out][row]) if held_out else None
            if losses and (sentence := self._overfitting(step, losses, held_out)):
                found.setdefault("overfitting", (step, sentence))
        return found

    def cut_after(self, step: int) -> None:
        """Later evaluations never were."""
        self._train = {at: loss for at, loss in self._train.items() if at <= step}
        if self._best is not None and self._best[0] > step:
            self._best = None
        self._since = 0

    def _diverging(self, step: int, loss: float) -> str:
        while len(self._train) > DIVERGING_LOSSES:
            del self._train[list(self._train)[1]]
        self._train[step] = loss
        first, *last = self._train.values()
        if not is_diverging(first, last):
            return ""
        rise = f"over {DIVERGING_RISE:g} times the first, {first:.3g}"
        return f"the loss diverges: after the last {len(last)} epochs it is {rise}, now {loss:.3g}"

    def _overfitting(self, step: int, now: Losses, key: str) -> str:
        if not all(map(math.isfinite, now)):
            return ""
        self._start = self._start or now
        if self._best is None or now.held_out < self._best[1].held_out:
            self._best, self._since = (step, now), 0
            return ""
        self._since += 1
        at, best = self._best
        if not is_overfitting(self._start, best, now, self._since):
            return ""
        lowest = f"its lowest, {best.held_out:.3g} after step {at:,}"
        return (
            f"the model overfits: {key} is {now.held_out:.3g}, up from {lowest}, "
            f"for {OVERFITTING_EVALUATIONS} evaluations or more, while train/loss falls on"
        )
