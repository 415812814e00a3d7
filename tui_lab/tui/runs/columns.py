"""Which columns the table of runs has room for, and what stands in each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from tui_lab.tui.runs.row import USUAL, RunRow
from tui_lab.tui.widgets.row_table import PADDING, Cell, fitted
from tui_lab.tui.widgets.status_sign import SIGNS, status_variable
from tui_lab.view_models.plain_text import plain

_FEWEST, _SENTENCE = 13, 24
"""Columns that the chosen values get before a number is shown, and before the rest is."""
_WORD = 12
"""Columns of a sign and its word: `? unreadable`."""
_MOST = 16
"""Columns that a heading may take."""
_HEADINGS = {
    "mark": " ",
    "status": "status",
    "name": "run",
    "train/loss": "train",
    "test/loss": "test",
    "norm": "‖w‖",
    "values": "not default",
}
"""Of the columns that are called otherwise than their key."""
ALWAYS = ("mark", "status", "name", "values")
"""The columns that are there whatever is chosen."""
_FIRST = ("train/loss", "test/loss", "age")
"""Of the usual columns, in the order in which they find room; the others follow where there is room
for a sentence too."""


class RunColumn(NamedTuple):
    """One column; `width` is without the padding."""

    key: str
    width: int


class Order(NamedTuple):
    """By which column the runs are sorted."""

    key: str
    falling: bool = False

    @property
    def sign(self) -> str:
        return "↓" if self.falling else "↑"


def run_columns(
    room: int, longest_name: int, chosen: Sequence[str] = USUAL
) -> tuple[RunColumn, ...]:
    """The columns that stand side by side in `room`: sign and name always, then what matters most.

    Numbers that change keep their column's width, or all would move. The text that takes what the
    others leave is the last.
    """
    widths = {"mark": 1, "status": 1}
    left = room - sum(widths.values()) - PADDING * (len(widths) + 1)
    widths["name"] = max(1, min(longest_name, left))
    left -= widths["name"] + PADDING
    first = _FIRST if tuple(chosen) == USUAL else tuple(chosen)
    later = ("status", *(key for key in chosen if key not in first))
    for keys, least in ((first, _FEWEST), (later, _SENTENCE)):
        for key in keys:
            width = _width(key)
            more = width - widths[key] if key in widths else width + PADDING
            if left - more >= least:
                widths[key] = width
                left -= more
    if left >= _FEWEST:
        widths["values"] = left
    order = ("mark", "status", "name", *chosen, "values")
    return tuple(RunColumn(key, widths[key]) for key in order if key in widths)


def column_name(key: str) -> str:
    """What a column is called above it and in a list of columns."""
    return _HEADINGS.get(key, plain(key, 40))


def _width(key: str) -> int:
    """How wide a column is meant to be: its name and the sign of an order have room."""
    if key == "status":
        return _WORD
    return 6 if key == "age" else max(9, min(cell_len(column_name(key)) + 1, _MOST))


def heading(column: RunColumn, order: Order | None = None) -> Cell:
    """What stands above a column, with a sign on the one that the runs are sorted by; nothing above
    the signs of the states."""
    words = column_name(column.key)
    if order is not None and order.key == column.key:
        words = f"{order.sign}{words}"
    return _cell(column, words if column.width > 1 else "", "")


def run_cells(
    row: RunRow, columns: Iterable[RunColumn], *, marked: bool = False
) -> dict[str, Cell]:
    """A run's cell in each of the columns."""
    return {column.key: _cell(column, *_words(column, row, marked)) for column in columns}


def _words(column: RunColumn, row: RunRow, marked: bool) -> tuple[str, str]:
    """The text of a cell, and the theme's variable of its colour."""
    if column.key == "mark":
        return "*" if marked else "", "accent"
    if column.key == "status":
        return _status(row, column.width), status_variable(row.status)
    if column.key == "values":  # and what went wrong, where that is all or there is room for it
        return "  ".join(filter(None, (row.values, row.error))), "" if row.values else "text-muted"
    if column.key == "name":
        return row.name, ""
    return (row.age, "text-muted") if column.key == "age" else (row.cells.get(column.key, ""), "")


def _status(row: RunRow, width: int) -> str:
    """The sign of a state, with its word where there is room."""
    sign, word = (SIGNS[row.status], row.status.value) if row.readable else ("?", "unreadable")
    return f"{sign} {word}" if width >= _WORD else sign


def _cell(column: RunColumn, text: str, variable: str) -> Cell:
    return fitted(text, column.width, left=column.key in ALWAYS, variable=variable)
