"""What lies within the axes of a picture: lines, points, bars, bands, levels, marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tui_lab.exchange.graphics.colours import GREY
from tui_lab.exchange.graphics.shapes import Area, Dots, Path, Points, Raster, Shape, Words
from tui_lab.plots import raster
from tui_lab.plots.axes import Axis, drawn
from tui_lab.plots.canvas import misplaced, spacing, stands_alone
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Field, Figure, Floats, Line, Mark

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
_LEVELS, _DARKEST = 10, 0.5
"""Of a function under lines: how many there are, and how much of the last one covers."""
_BAR = 0.8
"""The part of its place that a bar fills."""
_MOST_EDGE = 200
"""Marks at an edge that are told apart."""


class Drawing:
    """Places on a picture for what stands on two axes."""

    def __init__(self, x: Axis, y: Axis, box: Box) -> None:
        self.x, self.y, self.box = x, y, box

    def inside(self, figure: Figure, lines: Sequence[Line]) -> Iterator[Shape]:
        """All of a figure but its levels; what is on top comes last."""
        for line in sorted(lines, key=lambda line: _rank(line, figure.bars)):
            yield from self._line(line, figure.bars)
        for line in figure.lines:
            yield from self._edges(line)
        yield from self._marks(figure.marks)

    def field(self, field: Field | None) -> Iterator[Shape]:
        """The levels of a function, darker where it is larger."""
        if field is None or not field.z.size:
            return
        left, top, right, bottom = self.box
        wide, tall = max(1, round(right - left)), max(1, round(bottom - top))
        column = _nearest(field.x, self.x, (np.arange(wide) + 0.5) / wide)
        row = _nearest(field.y, self.y, 1 - (np.arange(tall) + 0.5) / tall)
        levels = raster.levels(np.asarray(field.z, np.float64), _LEVELS)[np.ix_(row, column)]
        shown = (levels >= 0) & (row >= 0)[:, None] & (column >= 0)
        pixels = np.zeros((tall, wide, 4), np.uint8)
        pixels[..., :3] = GREY
        part = np.where(shown, levels / (_LEVELS - 1) * _DARKEST, 0.0)
        pixels[..., 3] = np.rint(255 * part)
        yield Raster(left, top, right - left, bottom - top, pixels)

    def _place(self, x: Floats, y: Floats) -> Points:
        """Pixels of parts of the axes."""
        left, top, right, bottom = self.box
        upwards = np.clip(y, 0, 1)
        return np.column_stack((left + x * (right - left), bottom - upwards * (bottom - top)))

    def _line(self, line: Line, bars: bool) -> Iterator[Shape]:
        x, y = self.x.fraction(line.x), self.y.fraction(line.y)
        if line.upper is not None:
            yield from self._band(x, y, self.y.fraction(line.upper), line)
        elif bars and not line.points:
            yield from self._bars(x, y, line)
        elif line.points:
            yield from self._points(x, y, line)
        else:
            yield from self._curve(x, y, line)

    def _curve(self, x: Floats, y: Floats, line: Line) -> Iterator[Shape]:
        """Parts between what can't be placed; a point alone is a spot."""
        dashes = dashes_of(line)
        width = 1.0 if line.role == "muted" else 2.0
        placed = np.isfinite(x) & np.isfinite(y)
        for part in np.split(np.arange(len(x)), np.flatnonzero(np.diff(placed)) + 1):
            if not len(part) or not placed[part[0]]:
                continue
            points = self._place(x[part], y[part])
            if len(part) > 1:
                yield Path(points, line.role, width, dashes, line.name)
            else:
                yield Dots(points, line.role)

    def _points(self, x: Floats, y: Floats, line: Line) -> Iterator[Shape]:
        kept = np.isfinite(x) & np.isfinite(y)
        if kept.any():
            points = np.unique(np.rint(2 * self._place(x[kept], y[kept])), axis=0) / 2
            if line.sign.isalnum():  # a rank says more than a spot
                for across, down in points.tolist():
                    yield Words(across, down + 4, line.sign, line.role, 13, "middle", bold=True)
                return
            yield Dots(points, line.role, 5.0 if stands_alone(line) else 2.5)

    def _bars(self, x: Floats, y: Floats, line: Line) -> Iterator[Shape]:
        half = _BAR / 2 * spacing(drawn(line.x, self.x.log)) / (self.x.high - self.x.low)
        zero = float(np.clip(self.y.fraction(np.zeros(1))[0], 0, 1)) if not self.y.log else 0.0
        for at, height in zip(x.tolist(), y.tolist(), strict=True):
            if np.isfinite(at) and np.isfinite(height):
                sides = np.array([at - half, at - half, at + half, at + half])
                yield Area(
                    self._place(sides, np.array([zero, height, height, zero])), line.role, 0.8
                )

    def _band(self, x: Floats, low: Floats, high: Floats, line: Line) -> Iterator[Shape]:
        kept = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        order = np.flatnonzero(kept)[np.argsort(x[kept])]
        if len(order) > 1:
            lower, upper = self._place(x[order], low[order]), self._place(x[order], high[order])
            yield Area(np.concatenate((lower, upper[::-1])), line.role, 0.25)

    def _edges(self, line: Line) -> Iterator[Shape]:
        """A sign where a value has no place: above for NaN and +∞, below for -∞ and, on a
        logarithmic axis, for what is not above 0."""
        lost = misplaced(line.y, self.y.log)
        x, y = self.x.fraction(line.x[lost]), line.y[lost]
        inside = (x >= 0) & (x <= 1)
        left, top, right, bottom = self.box
        for is_low, height, sign in ((False, top + 10, "×"), (True, bottom - 3, "↓")):
            at = x[inside & ((y < np.inf) == is_low)]
            for part in np.unique(np.rint(at * _MOST_EDGE)) / _MOST_EDGE:
                yield Words(left + part * (right - left), height, sign, "alarm", 12, "middle")

    def _marks(self, marks: Sequence[Mark]) -> Iterator[Shape]:
        left, top, right, bottom = self.box
        for mark in marks:
            part = float(self.x.fraction(np.array([mark.x]))[0])
            if 0 <= part <= 1:
                at = left + part * (right - left)
                yield Path(np.array([[at, top + 4], [at, bottom]]), "mark", 1.0, (4.0, 4.0))
                yield Words(at, top + 1, mark.label, "mark", 11, "middle", bold=True)


def dashes_of(line: Line) -> tuple[float, float] | None:
    """How long its dashes and gaps are, beside its colour; None where it is drawn through."""
    if line.sign:
        return 1.5, 2.5
    return (5.0, 3.0) if PlotStyle().dotted(line.role, line.dotted) else None


def _rank(line: Line, bars: bool) -> int:
    """The order in which they cover each other."""
    if bars:
        return int(line.points)
    order = (line.upper is not None, line.role == "muted", line.points and not stands_alone(line))
    return order.index(True) if any(order) else 4 if stands_alone(line) else 3


def _nearest(values: Floats, axis: Axis, parts: Floats) -> np.typing.NDArray[np.intp]:
    """Which of ascending `values` is nearest to each part of an axis; -1 beyond them."""
    at = axis.low + parts * (axis.high - axis.low)
    places = drawn(values, axis.log)
    half = spacing(places) / 2 if len(places) > 1 else 0.5
    order = np.argsort(places)
    found = np.searchsorted((places[order][1:] + places[order][:-1]) / 2, at)
    outside = (at < places.min() - half) | (at > places.max() + half)
    return np.where(outside, -1, order[found])
