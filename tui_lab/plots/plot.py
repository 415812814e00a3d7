"""A `Figure` as rows of text: limits, ticks and layout here, drawn by plotext.

plotext gets one character per cell and the ticks, and lays out the chart. It is not given the data
itself: it would turn 200 points into braille in 12 ms and crash on ±Inf, where `raster` takes 1 ms;
its own log axis, limits and legend have faults of their own. The chart is rebuilt from the
data every time, since plotext keeps limits and ticks of the picture before.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from plotext._figure import _figure_class
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_lab.plots import axes, raster
from tui_lab.plots.axes import Axis, Ticks
from tui_lab.plots.canvas import LAYERS, Canvas, misplaced, spacing
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Figure, Floats, Line

SMALLEST = (12, 4)
"""Columns and rows below which a chart is one line of text."""
_ROWS_PER_TICK, _COLUMNS_PER_TICK = 3, 14
_NARROW = 10
"""Columns of canvas that labels of the y axis must leave."""
_ASCII = str.maketrans("│─└┬┤├╎↑↓×•·░▒", "|-++++:^vx*.:%")


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
    """Draws one chart again and again; keeps nothing but the limits of the axes in between."""

    def __init__(self) -> None:
        self._engine = _figure_class()  # a chart's own: plotext's functions share one for all
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
        x = self._x = _x_axis(figure, self._x)
        lines = [_thinned(line, x, width, figure) for line in figure.lines]
        y = self._y = _y_axis(figure, lines, self._y)
        y_ticks = y.ticks(max(2, height // _ROWS_PER_TICK))
        gutter = max(len(label) for _, label in y_ticks) + 1
        if width - gutter < _NARROW:
            y_ticks, gutter = [], 0
        canvas = Canvas(width - gutter, height - 2, x, y, style)
        _paint(canvas, figure, lines)
        x_ticks = _word_ticks(figure, x) or x.ticks(max(2, width // _COLUMNS_PER_TICK))
        grid = self._compose(canvas, x_ticks, y_ticks, width, height)
        rows = tuple(_strips(grid, canvas, gutter, style))
        return Drawing(rows, *_lost(figure), _per_column(canvas))

    def _compose(
        self, canvas: Canvas, x_ticks: Ticks, y_ticks: Ticks, width: int, height: int
    ) -> Iterator[tuple[list[str], list[int]]]:
        """Each row of the finished chart, top first: its characters and their layers."""
        engine, (columns, rows) = self._engine, (canvas.columns, canvas.rows)
        engine.clear_data()
        engine.theme("clear")
        # One invisible point keeps the axes when there is nothing to show.
        cells = [*canvas.cells()] or [(0, 0, " ", 0)]
        across, down, signs, layers = zip(*cells, strict=True)
        up = [rows - 1 - row for row in down]
        engine.scatter(list(across), up, marker=list(signs), color=list(layers))
        engine.xlim(0, columns - 1)
        engine.ylim(0, rows - 1)
        engine.xticks(*_cell_ticks(x_ticks, canvas.x, columns))
        engine.yticks(*_cell_ticks(y_ticks, canvas.y, rows))
        engine.xaxes(True, False)
        engine.yaxes(bool(y_ticks), False)
        engine._set_size(width, height)  # not plotsize(): that is cut to the terminal's size
        engine._set_sizes()
        engine._build_matrix()  # not build(): that goes on to a string of escapes
        matrix = engine.monitor.matrix
        for signs, colours in zip(matrix.marker[::-1], matrix.fullground[::-1], strict=True):
            yield signs, [layer if isinstance(layer, int) else 0 for layer in colours]


def draw(figure: Figure, width: int, height: int, style: PlotStyle | None = None) -> Drawing:
    """The figure drawn once, with axes that fit it; for output that does not move."""
    return Plot().draw(figure, width, height, style or PlotStyle())


def text(drawing: Drawing) -> str:
    """The rows as plain text."""
    return "\n".join(row.text.rstrip() for row in drawing.rows)


def _x_axis(figure: Figure, previous: Axis | None) -> Axis:
    if figure.x_range is not None:
        return axes.fixed(*figure.x_range, log=figure.log_x)
    if figure.field is not None and len(figure.field.x):
        return axes.fixed(float(figure.field.x[0]), float(figure.field.x[-1]), log=figure.log_x)
    extent = _extent([axes.drawn(line.x, figure.log_x) for line in figure.lines])
    if extent is not None and figure.bars:
        half = spacing(axes.drawn(figure.lines[0].x, figure.log_x)) / 2
        return axes.fixed_drawn(extent[0] - half, extent[1] + half, log=figure.log_x)
    return axes.fit(extent, log=figure.log_x, previous=previous)


def _y_axis(figure: Figure, lines: list[Line], previous: Axis | None) -> Axis:
    if figure.field is not None and len(figure.field.y):
        return axes.fixed(float(figure.field.y[0]), float(figure.field.y[-1]), log=figure.log_y)
    extent = _extent([axes.drawn(line.y, figure.log_y) for line in lines])
    if extent is not None and figure.bars and not figure.log_y:
        extent = min(extent[0], 0.0), max(extent[1], 0.0)
    return axes.fit(extent, log=figure.log_y, previous=previous)


def _thinned(line: Line, x: Axis, columns: int, figure: Figure) -> Line:
    """The line with no more points than can be told apart, and none outside the axis."""
    if line.points or len(line.x) < 2 or not np.all(line.x[1:] >= line.x[:-1]):
        inside = _inside(line.x, x)
        return line if inside.all() else replace(line, x=line.x[inside], y=line.y[inside])
    lost = misplaced(line.y, figure.log_y)
    y = np.where(lost, np.nan, line.y) if lost.any() else line.y
    # Bars may be as thin as a dot, of which a cell has two.
    thin_x, thin_y = raster.envelope(line.x, y, x.edges(2 * columns if figure.bars else columns))
    return replace(line, x=thin_x, y=thin_y)


def _inside(values: Floats, axis: Axis) -> raster.Dots:
    place = axis.fraction(values)
    return (place >= -1e-9) & (place <= 1 + 1e-9)


def _extent(columns: list[Floats]) -> tuple[float, float] | None:
    finite = [column[np.isfinite(column)] for column in columns]
    filled = [column for column in finite if len(column)]
    if not filled:
        return None
    return min(float(c.min()) for c in filled), max(float(c.max()) for c in filled)


def _paint(canvas: Canvas, figure: Figure, lines: list[Line]) -> None:
    if figure.field is not None:
        canvas.add_field(figure.field)
    # Shadows first, so that the line that matters lies on top; points on top of bars.
    for line in sorted(lines, key=lambda line: (line.points and figure.bars, _rank(line))):
        canvas.add_line(line, bars=figure.bars)
    for line in figure.lines:
        canvas.add_edges(line)
    canvas.add_marks(figure.marks)
    canvas.add_text(_narrow(figure.y_label), 0)
    canvas.add_text(_narrow(figure.x_label), canvas.rows - 1, right=True)
    if not any(len(line.x) for line in figure.lines) and figure.field is None:
        canvas.add_text(_narrow(figure.note or "no data yet"), canvas.rows // 2)


def _rank(line: Line) -> bool:
    return line.role != "muted"


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


def _word_ticks(figure: Figure, x: Axis) -> Ticks:
    words = [(float(axes.drawn(np.array([at]), x.log)[0]), w) for at, w in figure.tick_labels]
    return [(at, _narrow(word)) for at, word in words if x.low <= at <= x.high]


def _narrow(text: str) -> str:
    """Text of one column per character: what is wider or steers the terminal becomes `?`."""
    return "".join(c if c.isprintable() and cell_len(c) == 1 else "?" for c in text)


def _cell_ticks(ticks: Ticks, axis: Axis, cells: int) -> tuple[list[float], list[str]]:
    """Positions on an axis that counts cells, no two in the same one."""
    placed: dict[int, str] = {}
    for at, label in ticks:
        cell = math.floor(0.5 + (at - axis.low) / (axis.high - axis.low) * (cells - 1))
        placed.setdefault(min(max(cell, 0), cells - 1), label)
    return [float(cell) for cell in placed], list(placed.values())


def _strips(
    grid: Iterator[tuple[list[str], list[int]]], canvas: Canvas, left: int, style: PlotStyle
) -> Iterator[Strip]:
    styles = [style.base + style.styles.get(layer, Style.null()) for layer in LAYERS]
    axis, label = styles[LAYERS.index("axis")], styles[LAYERS.index("label")]
    for row, (signs, layers) in enumerate(grid):
        looks = [styles[layer] for layer in layers]
        looks = [
            label if s.isalnum() and k is axis else k for s, k in zip(signs, looks, strict=True)
        ]
        if style.shades and row < canvas.rows:
            _shade(signs, looks, canvas.shades[2 * row : 2 * row + 2].tolist(), left, style)
        yield _strip(signs, looks, style)


def _shade(
    signs: list[str], looks: list[Style], levels: list[list[int]], left: int, style: PlotStyle
) -> None:
    """Put shades under a row; a cell without a sign shows those of both its halves."""
    for column, (upper, lower) in enumerate(zip(*levels, strict=True), left):
        if upper < 0 or lower < 0:
            continue
        looks[column] += style.shades[lower]
        if signs[column] == " " and upper != lower:
            signs[column] = "▀"
            looks[column] += Style(color=style.shades[upper].bgcolor)


def _strip(signs: list[str], looks: list[Style], style: PlotStyle) -> Strip:
    segments = []
    start = 0
    for look, run in itertools.groupby(looks):
        stop = start + sum(1 for _ in run)
        written = "".join(signs[start:stop])
        segments.append(
            Segment(written.translate(_ASCII) if style.marker == "ascii" else written, look)
        )
        start = stop
    return Strip(segments, len(signs))


def _in_words(figure: Figure, width: int, height: int, style: PlotStyle) -> tuple[Strip, ...]:
    """Where no chart fits: the last value of each series, then blank rows."""
    words = [f"{_narrow(line.name)} {line.y[-1]:.3g}" for line in figure.lines if len(line.y)]
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
        (one.name, one.role, one.points) == (other.name, other.role, other.points)
        and np.array_equal(one.x, other.x, equal_nan=True)
        and np.array_equal(one.y, other.y, equal_nan=True)
    )
