"""Which columns the table of runs has room for, and how wide each is."""

from __future__ import annotations

from typing import NamedTuple

PADDING = 2
"""Columns beside every cell."""
_FEWEST, _SENTENCE = 13, 24
"""Columns that the chosen values get before a number is shown, and before the rest is."""
_WORD = 12
"""Columns of a sign and its word: `? unreadable`."""
_HEADINGS = {
    "mark": " ",
    "status": "status",
    "name": "run",
    "age": "age",
    "train": "train",
    "test": "test",
    "norm": "‖w‖",
    "step": "step",
    "values": "not default",
}
"""In their order; the text that takes what the others leave is the last."""
_NUMBERS = {"train": 9, "test": 9, "age": 6}
"""Added one after another while the chosen values keep their fewest columns."""
_MORE = {"status": _WORD, "norm": 9, "step": 9}
"""Added while they keep room for a sentence."""


class RunColumn(NamedTuple):
    """One column; `width` is without the padding."""

    key: str
    heading: str
    width: int


def run_columns(room: int, longest_name: int) -> tuple[RunColumn, ...]:
    """The columns that stand side by side in `room`: sign and name always, then what matters most.

    Numbers that change keep their column's width, or all would move.
    """
    widths = {"mark": 1, "status": 1}
    left = room - sum(widths.values()) - PADDING * (len(widths) + 1)
    widths["name"] = max(1, min(longest_name, left))
    left -= widths["name"] + PADDING
    for wanted, least in ((_NUMBERS, _FEWEST), (_MORE, _SENTENCE)):
        for key, width in wanted.items():
            more = width - widths[key] if key in widths else width + PADDING
            if left - more >= least:
                widths[key] = width
                left -= more
    if left >= _FEWEST:
        widths["values"] = left
    return tuple(_column(key, widths[key]) for key in _HEADINGS if key in widths)


def _column(key: str, width: int) -> RunColumn:
    heading = _HEADINGS[key]
    return RunColumn(key, heading if len(heading) <= width else "", width)
