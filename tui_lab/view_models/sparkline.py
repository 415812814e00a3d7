"""A few numbers as a line of blocks, low to high."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

LEVELS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], columns: int) -> str:
    """The values from the first to the last in at most so many columns, the mean of each part;
    `×` for a part that is not finite."""
    parts = _parts(values, columns)
    finite = [value for value in parts if math.isfinite(value)]
    low, span = min(finite, default=0.0), max(finite, default=0.0) - min(finite, default=0.0)
    return "".join(level(value, low, span) for value in parts)


def level(value: float, low: float, span: float) -> str:
    """The block of one value, the lowest at `low`, the highest from `low` + `span` on; `×` where it
    is not finite."""
    if not math.isfinite(value):
        return "×"
    share = (value - low) / span if span > 0 and math.isfinite(span) else 0.0
    return LEVELS[min(len(LEVELS) - 1, int(share * len(LEVELS)))]


def _parts(values: Sequence[float], columns: int) -> list[float]:
    if len(values) <= columns:
        return list(values)
    edges = [round(place * len(values) / columns) for place in range(columns + 1)]
    pieces = (values[a:b] for a, b in itertools.pairwise(edges))
    return [sum(piece) / len(piece) for piece in pieces]
