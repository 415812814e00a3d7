"""A `Figure` as rows of text: its limits, its frame, and what is drawn in it.

The frame is plotext's and is kept; the data are drawn anew every time, and of the rows only those
that came to look different.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from rich.segment import Segment
from textual.strip import Strip

from tui_lab.plots import limits
from tui_lab.plots.axes import Axis
from tui_lab.plots.canvas import Canvas, stands_alone
from tui_lab.plots.frame import Frame, lay_out, narrow
from tui_lab.plots.mosaic import message_rows
from tui_lab.plots.strips import Strips
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Figure, Line

SMALLEST = (12, 4)
"""Columns and rows below which a chart is one line of text."""


@dataclass(frozen=True)
class Drawing:
    """What was drawn."""

    rows: tuple[Strip, ...]
    """As many as the height asked for, each exactly as wide as asked for."""
    nonfinite: int = 0
    """NaN and ±Inf among the points shown."""
    first_nonfinite: float = math.nan
    """The `x` of the first of them."""
    off_scale: int = 0
    """Finite values that a logarithmic axis has no place for."""
    per_column: float = 0.0
    """How much of the x axis one column covers."""


class Plot:
    """Draws one chart again and again; keeps the limits of the axes and the rows in between."""

    def __init__(self) -> None:
        self._strips = Strips()
        self._x: Axis | None = None
        self._y: Axis | None = None

    def forget(self) -> None:
        """Fit the axes afresh next time: other data come."""
        self._x = self._y = None

    def draw(self, figure: Figure, width: int, height: int, style: PlotStyle) -> Drawing:
        """The figure in rows of exactly this size; any data, any size."""
        if width <= 0 or height <= 0:
            return Drawing(())
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return Drawing(_in_words(figure, width, height, style), *_lost(figure))
        if figure.is_empty:
            note = narrow(figure.note or "no data yet")
            return Drawing(tuple(message_rows(note, width, height, style)), *_lost(figure))
        x = self._x = limits.x_axis(figure, self._x)
        lines = [limits.thinned(line, x, width, figure) for line in figure.lines]
        y = self._y = limits.y_axis(figure, lines, self._y)
        frame = lay_out(x, y, figure.tick_labels, width, height)
        if figure.equal:
            x, y = limits.equal(x, y, frame.columns, frame.rows)
            frame = lay_out(x, y, figure.tick_labels, width, height)
        canvas = Canvas(frame.columns, frame.rows, x, y, style)
        paint(canvas, figure, lines)
        return Drawing(self._written(frame, canvas), *_lost(figure), _per_column(canvas))

    def _written(self, frame: Frame, canvas: Canvas) -> tuple[Strip, ...]:
        """The canvas in its frame, as rows."""
        signs, layers = frame.around(canvas)
        palette = self._strips.palette(canvas.style)
        looks = palette.looks(layers)
        if canvas.style.shades:
            inside = frame.inside
            palette.shade(signs[inside], looks[inside], canvas.shades)
        return self._strips.draw(signs, looks)


def draw(figure: Figure, width: int, height: int, style: PlotStyle | None = None) -> Drawing:
    """The figure drawn once, with axes that fit it; for output that does not move."""
    return Plot().draw(figure, width, height, style or PlotStyle())


def text(drawing: Drawing) -> str:
    """The rows as plain text."""
    return "\n".join(row.text.rstrip() for row in drawing.rows)


def paint(canvas: Canvas, figure: Figure, lines: list[Line]) -> None:
    """Put a figure, its lines thinned, on a canvas: what lies on top comes last."""
    if figure.field is not None:
        canvas.add_field(figure.field)
    for line in _in_order(lines, bars=figure.bars):
        canvas.add_line(line, bars=figure.bars)
    for line in figure.lines:
        canvas.add_edges(line)
    canvas.add_marks(figure.marks)
    canvas.add_text(narrow(figure.y_label), 0)
    canvas.add_text(narrow(figure.x_label), canvas.rows - 1, right=True)


def _in_order(lines: list[Line], *, bars: bool) -> list[Line]:
    """What comes later lies on top: bands, what is dimmed, clouds of points, lines (the first of
    them last), single points; but points above bars, which stand in the order given."""
    if bars:
        return sorted(lines, key=lambda line: (line.points, line.role != "muted"))
    order = sorted(range(len(lines)), key=lambda place: (_rank(lines[place]), -place))
    return [lines[place] for place in order]


def _rank(line: Line) -> int:
    if line.upper is not None:
        return 0
    if line.role == "muted":
        return 1
    if stands_alone(line):
        return 4
    return 2 if line.points else 3


def _lost(figure: Figure) -> tuple[int, float, int]:
    """How many points are not finite, where the first stands, how many a log axis can't show.

    A shadow repeats the numbers of the line it belongs to, and is counted only where it is alone.
    """
    lines = [line for line in figure.lines if line.role != "muted"] or list(figure.lines)
    masks = [~np.isfinite(line.y) for line in lines]
    firsts = [float(line.x[m.argmax()]) for line, m in zip(lines, masks, strict=True) if m.any()]
    count = sum(int(np.count_nonzero(mask)) for mask in masks)
    low = sum(int(np.count_nonzero(np.isfinite(line.y) & (line.y <= 0))) for line in lines)
    return count, min(firsts, default=math.nan), low if figure.log_y else 0


def _per_column(canvas: Canvas) -> float:
    return 0.0 if canvas.x.log else (canvas.x.high - canvas.x.low) / canvas.columns


def _in_words(figure: Figure, width: int, height: int, style: PlotStyle) -> tuple[Strip, ...]:
    """Where no chart fits: the last value of each series, then blank rows."""
    words = [f"{narrow(line.name)} {line.y[-1]:.3g}" for line in figure.lines if len(line.y)]
    rows = [word[:width].ljust(width) for word in words[:height]]
    rows += [" " * width] * (height - len(rows))
    return tuple(Strip([Segment(row, style.base)], width) for row in rows)


def same(one: Figure | None, other: Figure | None) -> bool:
    """Whether two figures show the same; comparing them costs far less than drawing one."""
    if one is None or other is None or one is other:
        return one is other
    if replace(one, lines=(), field=None) != replace(other, lines=(), field=None):
        return False
    pairs = zip(one.lines, other.lines, strict=False)
    return (
        len(one.lines) == len(other.lines)
        and one.field is other.field
        and all(_same_line(*pair) for pair in pairs)
    )


def _same_line(one: Line, other: Line) -> bool:
    return (
        _drawn_alike(one) == _drawn_alike(other)
        and (one.upper is None) == (other.upper is None)
        and np.array_equal(one.x, other.x, equal_nan=True)
        and np.array_equal(one.y, other.y, equal_nan=True)
        and (
            one.upper is None
            or other.upper is None
            or np.array_equal(one.upper, other.upper, equal_nan=True)
        )
    )


def _drawn_alike(line: Line) -> tuple[object, ...]:
    return line.name, line.role, line.points, line.dotted, line.sign
