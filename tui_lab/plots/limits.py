"""Which part of the plane a chart shows, and what of its lines can be told apart there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tui_lab.plots import axes, raster
from tui_lab.plots.axes import Axis
from tui_lab.plots.canvas import misplaced, spacing
from tui_lab.view_models.figure import Figure, Floats, Line

_MOST_STRETCH = 8.0
"""Times as much of the plane as its data need that an axis shows for the sake of shapes."""


def x_axis(figure: Figure, previous: Axis | None) -> Axis:
    """The extent that the figure gives; else its data's, near the previous limits."""
    if figure.x_range is not None:
        return axes.fixed(*figure.x_range, log=figure.log_x)
    if figure.field is not None and len(figure.field.x):
        return axes.fixed(float(figure.field.x[0]), float(figure.field.x[-1]), log=figure.log_x)
    extent = _extent([axes.drawn(line.x, figure.log_x) for line in figure.lines])
    if extent is not None and figure.bars:
        half = spacing(axes.drawn(figure.lines[0].x, figure.log_x)) / 2
        return axes.fixed_drawn(extent[0] - half, extent[1] + half, log=figure.log_x)
    return axes.fit(extent, log=figure.log_x, previous=previous)


def y_axis(figure: Figure, lines: list[Line], previous: Axis | None) -> Axis:
    """Around what is shown of the lines, with zero where bars stand on it."""
    if figure.field is not None and len(figure.field.y):
        return axes.fixed(float(figure.field.y[0]), float(figure.field.y[-1]), log=figure.log_y)
    edges = [line.y for line in lines] + [b.upper for b in lines if b.upper is not None]
    extent = _extent([axes.drawn(edge, figure.log_y) for edge in edges])
    if extent is not None and figure.bars and not figure.log_y:
        extent = min(extent[0], 0.0), max(extent[1], 0.0)
    return axes.fit(extent, log=figure.log_y, previous=previous)


def equal(x: Axis, y: Axis, columns: int, rows: int) -> tuple[Axis, Axis]:
    """Limits at which a unit is as long across as upwards: one of the axes shows more than it did.
    A cell is twice as tall as wide. As they were where one would show little but empty space."""
    if x.log or y.log or not columns or not rows:
        return x, y
    across, upwards = (x.high - x.low) / columns, (y.high - y.low) / (2 * rows)
    if max(across, upwards) > _MOST_STRETCH * min(across, upwards):
        return x, y
    return _widened(x, upwards * columns), _widened(y, across * 2 * rows)


def _widened(axis: Axis, span: float) -> Axis:
    more = max(0.0, span - (axis.high - axis.low)) / 2
    return replace(axis, low=axis.low - more, high=axis.high + more)


def thinned(line: Line, x: Axis, columns: int, figure: Figure) -> Line:
    """The line with no more points than can be told apart, and none outside the axis."""
    if (
        line.points
        or line.upper is not None
        or len(line.x) < 2
        or not np.all(line.x[1:] >= line.x[:-1])
    ):
        inside = _inside(line.x, x)
        if inside.all():
            return line
        upper = None if line.upper is None else line.upper[inside]
        return replace(line, x=line.x[inside], y=line.y[inside], upper=upper)
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
