"""Decimal arithmetic for values a person reads: exact stops, no 0.30000000000000004."""

from __future__ import annotations

import math
from decimal import Decimal


def shortest(value: float) -> str:
    """The shortest text that reads back as the same number, without a trailing `.0`."""
    return str(value) if isinstance(value, int) else repr(value).removesuffix(".0")


def next_multiple(value: float, direction: int, step: float) -> float:
    """The next multiple of `step` beyond `value`, up (`direction` 1) or down (-1)."""
    size = Decimal(repr(float(step)))
    units = Decimal(repr(float(value))) / size
    whole = units.to_integral_value("ROUND_FLOOR" if direction > 0 else "ROUND_CEILING")
    return float((whole + direction) * size)


def next_stop(value: float, direction: int, digits: range | tuple[int, ...]) -> float:
    """The nearest `digit × 10ᵏ` beyond a positive value, in decimal so that stops are exact."""
    power = math.floor(math.log10(value))
    stops = [Decimal(d).scaleb(k) for k in range(power - 1, power + 2) for d in digits]
    here = Decimal(repr(float(value)))
    if direction > 0:
        return float(min(s for s in stops if s > here))
    return float(max(s for s in stops if s < here))
