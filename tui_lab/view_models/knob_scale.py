"""Where the values of a study's knob stand on an axis: as numbers, or one beside the other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tui_lab.decimals import shortest
from tui_lab.ranges import Range
from tui_lab.view_models.study import StudyView

_MOST_WORDS = 12
"""Values of a list up to which each has a place of its own, at equal distances."""


@dataclass(frozen=True)
class KnobScale:
    """An axis for one ranged hyperparameter, or for the goal."""

    name: str
    label: str
    low: float
    high: float
    log: bool = False
    words: tuple[tuple[float, str], ...] = ()
    """The values by their places, where each has one of its own."""
    listed: tuple[Any, ...] = ()
    """Those values, in JSON form."""

    def place(self, value: Any) -> float:
        """Where a value stands, in the units of the axis; NaN where it has no place."""
        if self.listed:
            return float(self.listed.index(value)) if value in self.listed else math.nan
        return float(value) if isinstance(value, int | float) else math.nan

    def fraction(self, value: Any) -> float:
        """Where a value stands between 0, the low end, and 1; NaN where it has no place."""
        at, low, high = self.place(value), self.low, self.high
        if self.log:
            at, low, high = (math.log10(v) if v > 0 else math.nan for v in (at, low, high))
        if not math.isfinite(at):
            return math.nan
        return (at - low) / (high - low) if high > low else 0.5

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """The words beside an upright, by the fraction at which they stand."""
        if self.words:
            return tuple((self.fraction(self.listed[int(at)]), word) for at, word in self.words)
        ends = (self.low,) if self.high <= self.low else (self.low, self.high)
        return tuple((self.fraction(end), f"{end:.3g}") for end in ends)


def knob_scale(view: StudyView, span: Range) -> KnobScale:
    """The axis of a range: its ends, or its values one beside the other."""
    label = view.label(span.name)
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in span.values)
    if span.values and (not numbers or len(span.values) <= _MOST_WORDS):
        words = tuple((float(at), _word(view, span, v)) for at, v in enumerate(span.values))
        return KnobScale(
            span.name, label, 0.0, len(span.values) - 1.0, words=words, listed=span.values
        )
    if span.values:
        low, high = min(span.values), max(span.values)
        return KnobScale(span.name, label, low, high, log=span.log and low > 0)
    return KnobScale(span.name, label, span.low, span.high, span.log)


def goal_scale(view: StudyView, goals: Iterable[float]) -> KnobScale:
    """The axis of the goals; on a log scale where they are far apart and above 0."""
    known = [goal for goal in goals if math.isfinite(goal)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    return KnobScale("goal", view.request.goal, low, high, is_wide(known))


def is_wide(goals: Sequence[float]) -> bool:
    """Whether goals are so far apart that a linear axis would show the worst alone."""
    return bool(goals) and min(goals) > 0 and max(goals) > _WIDE * min(goals)


def is_goal_wide(view: StudyView) -> bool:
    """Whether those of the trials that ran to their ends are, wherever a study is drawn."""
    return is_wide([trial.goal for trial in view.ranked if trial.goal is not None])


_WIDE = 30.0


def _word(view: StudyView, span: Range, value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return shortest(value)
    return view.written(span.name, value)
