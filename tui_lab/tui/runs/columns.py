"""Which columns the table of runs has room for, and what stands in each of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from tui_lab.tui.runs.row import RunRow
from tui_lab.tui.widgets.status_sign import SIGNS, status_variable

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
_RIGHT = frozenset(("age", "train", "test", "norm", "step"))
_NUMBERS = {"train": 9, "test": 9, "age": 6}
"""Added one after another while the chosen values keep their fewest columns."""
_MORE = {"status": _WORD, "norm": 9, "step": 9}
"""Added while they keep room for a sentence."""


class RunColumn(NamedTuple):
    """One column; `width` is without the padding."""

    key: str
    width: int


class RunCell(NamedTuple):
    """Text as wide as its column."""

    plain: str
    variable: str
    """The theme's variable of its colour; empty for the usual one."""


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
    return tuple(RunColumn(key, widths[key]) for key in _HEADINGS if key in widths)


def heading(column: RunColumn) -> RunCell:
    """What stands above a column; nothing where it does not fit."""
    words = _HEADINGS[column.key]
    return _cell(column, words if len(words) <= column.width else "", "")


def run_cells(
    row: RunRow, columns: Iterable[RunColumn], *, marked: bool = False
) -> dict[str, RunCell]:
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
    return str(getattr(row, column.key)), "text-muted" if column.key == "age" else ""


def _status(row: RunRow, width: int) -> str:
    """The sign of a state, with its word where there is room."""
    sign, word = (SIGNS[row.status], row.status.value) if row.readable else ("?", "unreadable")
    return f"{sign} {word}" if width >= _WORD else sign


def _cell(column: RunColumn, text: str, variable: str) -> RunCell:
    width = column.width
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1) + "…"
    missing = " " * (width - cell_len(text))
    return RunCell(missing + text if column.key in _RIGHT else text + missing, variable)
