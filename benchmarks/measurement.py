"""A measured figure beside its budget."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One row of the table of budgets."""

    what: str
    figure: float
    budget: float
    unit: str = ""
    """Empty for a ratio."""
    at_least: bool = False
    """Whether the budget is a floor instead of a ceiling."""
    note: str = ""
    """How it was measured, and how much it scattered."""

    @property
    def is_met(self) -> bool:
        """Whether the figure is within its budget."""
        return self.figure >= self.budget if self.at_least else self.figure <= self.budget

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        verdict = "met " if self.is_met else "MISSED"
        figures = f"{self.figure:10.3g} {self.unit:5} {sign} {self.budget:<6g} {verdict:6}"
        return f"{self.what:58} {figures} {self.note}"


def scatter(values: Sequence[float]) -> str:
    """Median and extremes, as a note."""
    middle = statistics.median(values)
    return f"median {middle:.3g} of {len(values)}, {min(values):.3g}–{max(values):.3g}"


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
