"""In which order runs stand, by whatever they have: those that lack it come last."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", float, str)
Rank = tuple[bool, float, str]


def rank(value: Any) -> Rank | None:
    """What a value is sorted by: numbers before words; None where there is none, or it is NaN."""
    if isinstance(value, float):
        return None if math.isnan(value) else (False, value, "")
    if isinstance(value, int) and not isinstance(value, bool):
        return False, float(value), ""
    if isinstance(value, datetime):
        return False, value.timestamp(), ""
    if isinstance(value, tuple):
        value = " ".join(value)
    return None if value in (None, "") else (True, 0.0, str(value).casefold())


def ordered(things: Iterable[T], value: Callable[[T], Any], *, falling: bool = False) -> list[T]:
    """The things by what `value` gives for each, in their own order where that is the same; those
    for which there is nothing come last, whichever way."""
    # Neither ranks nor pairs are kept: numbers alone are compared ten times as fast, and thousands
    # of objects keep the garbage collector busy.
    numbers, texts, missing = _Ordered[float, T](), _Ordered[str, T](), list[T]()
    for each in things:
        place = rank(value(each))
        if place is None:
            missing.append(each)
        elif place[0]:
            texts.add(place[2], each)
        else:
            numbers.add(place[1], each)
    both = (texts, numbers) if falling else (numbers, texts)
    return [each for some in both for each in some.ordered(falling=falling)] + missing


class _Ordered(Generic[K, T]):
    """Things by a key."""

    def __init__(self) -> None:
        self._keys: list[K] = []
        self._things: list[T] = []

    def add(self, key: K, thing: T) -> None:
        self._keys.append(key)
        self._things.append(thing)

    def ordered(self, *, falling: bool) -> Iterator[T]:
        places = sorted(range(len(self._keys)), key=self._keys.__getitem__, reverse=falling)
        return (self._things[place] for place in places)
