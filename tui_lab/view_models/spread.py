"""How numbers of many runs are spread: their median, and where 5 and 95 % of them lie below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True)
class Spread:
    """Of `count` numbers; NaN where none of them is one. An infinite one counts as it is."""

    low: float
    """5 % of them are below."""
    median: float
    high: float
    """95 % of them are below."""
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Of those of the values that are numbers, with straight lines between neighbours."""
    known = sorted(value for value in values if not math.isnan(value))
    low, median, high = (_quantile(known, q) for q in (LOW, 0.5, HIGH))
    return Spread(low, median, high, len(known))


def _quantile(known: Sequence[float], q: float) -> float:
    if not known:
        return math.nan
    place = q * (len(known) - 1)
    below, above = known[math.floor(place)], known[math.ceil(place)]
    if below == above:  # two infinities have no difference
        return below
    return below + (place - math.floor(place)) * (above - below)
