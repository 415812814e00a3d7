"""Which columns the table of trials has room for, and what stands in each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from tui_lab.study import Trial, TrialState
from tui_lab.tui.widgets.row_table import PADDING, Cell, fitted
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.sparkline import sparkline
from tui_lab.view_models.study import StudyView, TrialOrder, goal_so_far, state_in_words

_SIGNS = {
    TrialState.WAITING: "…",
    TrialState.RUNNING: "●",
    TrialState.COMPLETE: "✓",
    TrialState.PRUNED: "■",
    TrialState.FAIL: "✗",
}
_COLOURS = {
    TrialState.WAITING: "status-paused",
    TrialState.RUNNING: "status-live",
    TrialState.COMPLETE: "status-finished",
    TrialState.PRUNED: "status-paused",
    TrialState.FAIL: "status-failed",
}
_WIDTHS = {"rank": 1, "trial": 6, "goal": 10, "distance": 10, "step": 8, "curve": 12}
_LONGEST_CURVE, _SENTENCE = 28, 24
"""Columns that a curve may get beyond its usual ones, once a state has these more."""
_LEAST_STATE, _KNOB, _MOST = 12, 9, 16
"""Columns of a state's sign and word, and of a knob."""
_HEADINGS = {"rank": "", "distance": "Δ best", "curve": "goal so far", "state": "state"}
_LEFT = ("curve", "state")
"""What begins at the left of its column; numbers end at the right."""


class TrialColumn(NamedTuple):
    """One column; `width` is without the padding."""

    key: str
    width: int


def trial_columns(view: StudyView, room: int) -> tuple[TrialColumn, ...]:
    """The columns that stand side by side in `room`: rank, trial, goal and state always; then as
    many knobs as fit, and what else there is room for."""
    widths = {key: _WIDTHS[key] for key in ("rank", "trial", "goal")}
    widths["state"] = _LEAST_STATE
    left = room - sum(widths.values()) - PADDING * len(widths)
    for key in (*view.names, "distance", "curve", "step"):
        width = _WIDTHS.get(key) or min(max(cell_len(view.label(key)) + 1, _KNOB), _MOST)
        if left - width - PADDING >= 0:
            widths[key] = width
            left -= width + PADDING
    more = min(max(left - _SENTENCE, 0), _LONGEST_CURVE)
    if "curve" in widths:
        widths["curve"] += more
        left -= more
    widths["state"] += max(left, 0)
    order = ("rank", "trial", *view.names, "goal", "distance", "step", "curve", "state")
    return tuple(TrialColumn(key, widths[key]) for key in order if key in widths)


def sortable(view: StudyView) -> Sequence[str]:
    """The keys by which trials can stand, in the order of the columns."""
    return ("trial", *view.names, "goal", "step", "state")


def heading(view: StudyView, column: TrialColumn, order: TrialOrder) -> Cell:
    """What stands above a column, with a sign on the one that the trials are sorted by."""
    words = _HEADINGS.get(column.key)
    if words is None:
        words = view.request.goal if column.key == "goal" else view.label(column.key)
    if column.key == order.key:
        words = ("↓" if order.falling else "↑") + words
    return _cell(column, words)


def trial_cells(
    view: StudyView, trial: Trial, columns: Iterable[TrialColumn], best: int
) -> list[Cell]:
    """A trial's cell in each of the columns; the first `best` have their rank."""
    return [_cell(column, *_words(view, trial, column, best)) for column in columns]


def _words(view: StudyView, trial: Trial, column: TrialColumn, best: int) -> tuple[str, str]:
    """The text of a cell and the variable of its colour."""
    match column.key:
        case "rank":
            rank = view.rank(trial)
            return (str(rank) if 0 < rank <= best else ""), "accent"
        case "trial":
            return str(trial.number), ""
        case "goal":
            return _number(goal_so_far(trial)), "" if trial.goal is not None else "text-muted"
        case "distance":
            return _number(view.distance(trial)), "text-muted"
        case "step":
            return (f"{trial.step:,}" if trial.step else ""), ""
        case "curve":
            return sparkline([goal for _, goal in trial.curve], column.width), "series-first"
        case "state":
            words = f"{_SIGNS[trial.state]} {plain(state_in_words(trial))}"
            if cell_len(words) > column.width:
                words = words.replace("at step", "at")
            return words, _COLOURS[trial.state]
        case name:
            value = trial.values.get(name)
            return ("" if value is None else plain(view.written(name, value))), ""


def _number(value: float | None) -> str:
    return "" if value is None else short(float(value))


def _cell(column: TrialColumn, text: str, variable: str = "") -> Cell:
    return fitted(text, column.width, left=column.key in _LEFT, variable=variable)
