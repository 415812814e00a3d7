"""A range as the parts of a knob's row: what can be marked, and what stands between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tui_lab.decimals import shortest
from tui_lab.ranges import Range

_NOWHERE = -1


class RangePart(NamedTuple):
    """A few characters of the row."""

    text: str
    place: int = _NOWHERE
    """Which end or choice this is; -1 for what lies between."""
    taken: bool = True
    """Whether the trials try it."""


def range_field(
    span: Range, options: Mapping[str, bool], marked: int, width: int
) -> Sequence[RangePart]:
    """The parts in about `width` columns; `options` are all choices, and whether each is tried."""
    if options:
        return _choices(options, marked, width)
    if span.values:
        words = str(span).partition("=")[2]
        return (RangePart(words if len(words) <= width else f"{len(span.values)} values"),)
    ends = shortest(span.low), shortest(span.high)
    log = (RangePart("  log"),) if span.log else ()
    return (RangePart(ends[0], 0), RangePart(" … "), RangePart(ends[1], 1), *log)


def _choices(options: Mapping[str, bool], marked: int, width: int) -> Sequence[RangePart]:
    """Every choice with its sign; the marked one alone where they do not all fit."""
    parts = [
        RangePart(f"{'✓' if taken else '·'}{word}", place, taken)
        for place, (word, taken) in enumerate(options.items())
    ]
    if sum(len(part.text) + 1 for part in parts) <= width:
        return [each for part in parts for each in (part, RangePart(" "))][:-1]
    count = RangePart(f"  {sum(options.values())} of {len(options)}")
    return (parts[min(marked, len(parts) - 1)], count)
