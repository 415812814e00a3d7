"""In which order runs stand, by whatever they have: those that lack it come last."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")
Rank = tuple[bool, float, str]


def rank(value: Any) -> Rank | None:
    """What a value is sorted by: numbers before words; None where there is none, or it is NaN."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None if math.isnan(value) else (False, float(value), "")
    if isinstance(value, datetime):
        return False, value.timestamp(), ""
    if isinstance(value, tuple):
        value = " ".join(value)
    return None if value in (None, "") else (True, 0.0, str(value).casefold())


def ordered(things: Iterable[T], value: Callable[[T], Any], *, falling: bool = False) -> list[T]:
    """The things by what `value` gives for each, in their own order where that is the same; those
    for which there is nothing come last, whichever way."""
    known = [(rank(value(each)), each) for each in things]
    there = [(place, each) for place, each in known if place is not None]
    there.sort(key=lambda pair: pair[0], reverse=falling)
    return [each for _, each in there] + [each for place, each in known if place is None]
