"""The gradient pane in rows of text: columns that fit, what changed set apart by a sign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from tui_lab.view_models.number_format import CHANGED
from tui_lab.view_models.sparkline import level

if TYPE_CHECKING:  # the view models need numpy, which is imported after the first paint
    from tui_lab.view_models.gradients import GradientState

COLUMNS = (
    "parameter",
    "shape",
    "requires_grad",
    ".grad",
    "‖p‖",
    "‖∇‖",
    "‖Δ‖/‖p‖",
    "∇ lately",
    "health",
)
WAITING = "Gradients appear with the first step."
UNWATCHED = "Gradients are not watched in a population; run it by itself to see them."
"""Why there are none."""
_FIELDS = {".grad": "grad", "‖p‖": "norm", "‖∇‖": "grad_norm", "‖Δ‖/‖p‖": "update"}
_EXPENDABLE = ("∇ lately", "requires_grad", "shape", "‖p‖", "‖Δ‖/‖p‖")
"""Columns to leave out where there is no room, in that order."""
_LEAST = {".grad": 8, "‖p‖": 8, "‖∇‖": 8, "health": 10}
"""Columns as wide as what they usually hold, so that the others need not move when it changes."""
_RIGHT = ("‖p‖", "‖∇‖", "‖Δ‖/‖p‖")
_SPARK_WIDTH = 10
_LONGEST_NAME = 24
_COLOURS = {
    "ok": "$success",
    "vanishing": "$warning",
    "exploding": "$error",
    "non-finite": "$error",
}


def table_rows(states: Sequence[GradientState], width: int, empty: str = WAITING) -> list[Content]:
    """The header and a row per parameter, without the columns that do not fit into `width`; where
    there are none, why."""
    if not states:
        return [Content.styled(empty, "$text-muted")]
    cells = [_cells(state) for state in states]
    widths = _fitting(cells, width)
    header = {column: Content.styled(column, "$text-muted") for column in widths}
    return [_row(row, widths) for row in (header, *cells)]


def sparkline(history: Sequence[float], width: int = _SPARK_WIDTH) -> str:
    """The last norms as levels on a log scale between their extremes; `×` where not finite."""
    last = list(history)[-width:]
    logs = [math.log10(v) for v in last if math.isfinite(v) and v > 0]
    if not logs:
        return "".join("▁" if math.isfinite(v) else "×" for v in last)
    low, span = min(logs), max(max(logs) - min(logs), 0.3)
    return "".join(level(_log(v, low), low, span) for v in last)


def _log(value: float, low: float) -> float:
    """What has no logarithm lies at the foot; what is not finite stays as it is."""
    if not math.isfinite(value):
        return value
    return math.log10(value) if value > 0 else low


def _cells(state: GradientState) -> dict[str, Content]:
    name = state.name
    short_name = name if len(name) <= _LONGEST_NAME else "…" + name[1 - _LONGEST_NAME :]
    texts = (
        short_name,
        state.shape,
        "yes" if state.requires_grad else "no",
        state.grad,
        _figure(state.norm),
        _figure(state.grad_norm),
        _figure(state.update),
    )
    cells = {
        column: _cell(text, changed=_FIELDS.get(column) in state.changed)
        for column, text in zip(COLUMNS, texts, strict=False)
    }
    cells["∇ lately"] = Content.styled(sparkline(state.history).ljust(_SPARK_WIDTH), "$accent")
    cells["health"] = Content.styled(_health(state), _COLOURS[state.health])
    return cells


def _health(state: GradientState) -> str:
    """The word, and of how many numbers it holds that are not finite."""
    return f"{state.health} {state.nonfinite:,}" if state.nonfinite else state.health


def _cell(text: str, *, changed: bool) -> Content:
    return Content.styled(f"{CHANGED}{text}", "bold $accent") if changed else Content(text)


def _fitting(cells: Sequence[dict[str, Content]], width: int) -> dict[str, int]:
    """The columns that fit, with their widths: first without those that can be spared, in the end
    no wider than what they hold now."""
    columns = list(COLUMNS)
    widths: dict[str, int] = {}
    for expendable in ("", *_EXPENDABLE):
        columns = [column for column in columns if column != expendable]
        for least in (_LEAST, {}):
            widths = {c: _width(c, cells, least.get(c, 0)) for c in columns}
            if sum(widths.values()) + 2 * len(widths) - 2 <= width:
                return widths
    return widths


def _width(column: str, cells: Sequence[dict[str, Content]], least: int) -> int:
    return max(len(column), least, *(row[column].cell_length for row in cells))


def _row(cells: dict[str, Content], widths: dict[str, int]) -> Content:
    parts: list[Content | str] = []
    for column, width in widths.items():
        space = " " * (width - cells[column].cell_length)
        parts += [space, cells[column]] if column in _RIGHT else [cells[column], space]
        parts.append("  ")
    return Content.assemble(*parts[:-1])


def _figure(value: float | None) -> str:
    """Three digits; an en dash where nothing was measured."""
    return "–" if value is None else f"{value:.3g}"


def line(text: str) -> Content:
    """A line below the rows, in which what changed is set apart."""
    muted = Content.styled(f" {text}", "$text-muted")
    return muted.highlight_regex(rf"{CHANGED}[^,\s]+", style="bold $accent")
