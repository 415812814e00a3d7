"""The inside of a chart: what stands in each of its cells, before axes are put around it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tui_lab.plots import raster
from tui_lab.plots.axes import Axis
from tui_lab.plots.style import Layer, PlotStyle
from tui_lab.view_models.figure import Field, Floats, Line, Mark, Role

LAYERS: tuple[Role | Layer, ...] = (
    "axis",
    "label",
    "mark",
    "alarm",
    "muted",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "accent",
)
"""Whose style a cell takes, by number."""

UP, DOWN, NOT_A_NUMBER, DASH, BULLET = "↑", "↓", "×", "╎", "•"
SINGLE = "◆"
"""A point that stands for itself: the truth, the best, the estimate."""
_FEW = 3
"""Points up to which each stands for itself."""
_DENSITIES = (" ", "·", ":", "░", "▒")
"""Levels of a field without colours; lines on it stay readable."""
_SPARSE = 2
"""Points per column up to which each gets a bullet: a single braille dot is hard to see."""
_BAR = 0.8
"""The part of its place that a bar fills."""

Shades = npt.NDArray[np.int8]


class Canvas:
    """Cells of a chart, painted in order: what comes later covers what came earlier."""

    def __init__(self, columns: int, rows: int, x: Axis, y: Axis, style: PlotStyle) -> None:
        self.columns, self.rows = columns, rows
        self.x, self.y, self.style = x, y, style
        self.shades: Shades = np.full((2 * rows, columns), -1, np.int8)
        """The level of the field in the upper and the lower half of each cell, -1: no field."""
        self._codes = np.zeros((rows, columns), dtype=np.uint8)
        self._characters = np.full((rows, columns), "", dtype="<U1")
        self.layers = np.zeros((rows, columns), dtype=np.uint8)
        """The number in `LAYERS` of what stands in each cell; of a blank one it says nothing."""

    def add_field(self, field: Field) -> None:
        """Shade each half of a cell by the level of the function at its middle."""
        if not len(field.x) or not len(field.y):
            return
        count = len(self.style.shades) or len(_DENSITIES)
        column = _nearest(field.x, self.x, (np.arange(self.columns) + 0.5) / self.columns)
        half = 2 * self.rows
        row = _nearest(field.y, self.y, 1 - (np.arange(half) + 0.5) / half)
        levels = raster.levels(np.asarray(field.z, np.float64), count)[np.ix_(row, column)]
        levels[row < 0] = -1
        levels[:, column < 0] = -1
        if self.style.shades:
            self.shades = levels
            return
        self._characters = np.array(["", *_DENSITIES])[levels[::2] + 1]
        self._characters[self._characters == " "] = ""
        self.layers[:] = LAYERS.index("muted")

    def add_line(self, line: Line, *, bars: bool = False) -> None:
        """Paint one series: a line, points, or bars from zero."""
        x, y = self.x.fraction(line.x), np.clip(self.y.fraction(line.y), 0, 1)
        if line.upper is not None:
            self._add_band(x, y, np.clip(self.y.fraction(line.upper), 0, 1), line.role)
        elif bars and not line.points:
            self._add_bars(x, y, line.role)
        elif line.points:
            self._add_points(x, y, line, sparse=bars)
        else:
            self._add_curve(x, y, line)

    def add_edges(self, line: Line) -> None:
        """Mark what has no place on the axis at the edge it left by."""
        lost = misplaced(line.y, self.y.log)
        if not lost.any():
            return
        x, y = self.x.fraction(line.x[lost]), line.y[lost]
        shown = (x >= 0) & (x <= 1)
        self._put_row(x[shown & np.isnan(y)], 0, NOT_A_NUMBER)
        self._put_row(x[shown & (y < np.inf)], self.rows - 1, DOWN)
        self._put_row(x[shown & np.isposinf(y)], 0, UP)

    def add_marks(self, marks: tuple[Mark, ...]) -> None:
        """A dashed upright line through free cells for each mark, its letter at the top."""
        taken: dict[int, int] = {}
        for mark in marks:
            x = self.x.fraction(np.array([mark.x]))
            if not 0 <= x[0] <= 1:
                continue
            column = int(raster.cells_of(x, self.columns)[0])
            free = (self._characters[:, column] == "") & (self._codes[:, column] == 0)
            self._characters[free, column] = DASH
            self.layers[free, column] = LAYERS.index("mark")
            # Marks that share a column stand one below the other.
            row = taken[column] = taken.get(column, -1) + 1
            if row < self.rows:
                self._put(np.array([column]), row, mark.label[:1] or DASH, "mark")

    def add_text(self, text: str, row: int, *, right: bool = False) -> None:
        """Words in the first cells of a row, or the last; only where nothing else is."""
        start = self.columns - len(text) if right else 0
        place = (row, slice(max(start, 0), start + len(text)))
        used = np.any(self._codes[place]) or np.any(self._characters[place] != "")
        if start < 0 or len(text) > self.columns or used or not text:
            return
        self._characters[place] = list(text)
        self.layers[place] = LAYERS.index("label")

    def signs(self) -> raster.Glyphs:
        """The character of every cell, a space where nothing is."""
        drawn = raster.glyphs(self._codes, self.style.marker)
        return np.where(self._characters == "", drawn, self._characters)

    def _add_curve(self, x: Floats, y: Floats, line: Line) -> None:
        if not line.sign and np.count_nonzero(raster.within(x, y)) == 1:
            self._add_points(x, y, line, sparse=True)  # a dot alone would hardly be seen
            return
        across, down = (1, 1) if line.sign else self._dots(line.role)
        dots = raster.line(x, y, self.columns * across, self.rows * down)
        dotted = self.style.dotted(line.role, line.dotted) and not line.sign
        self._paint(raster.dotted(dots) if dotted else dots, line.role, line.sign)

    def _add_points(self, x: Floats, y: Floats, line: Line, *, sparse: bool) -> None:
        sign = line.sign or self.style.character(line.role)
        if not sign and stands_alone(line) and not sparse:
            sign = SINGLE
        elif not sign and (sparse or len(x) <= _SPARSE * self.columns):
            sign = BULLET
        across, down = (1, 1) if sign else self._dots(line.role)
        dots = raster.scatter(x, y, self.columns * across, self.rows * down)
        self._paint(dots, line.role, sign)

    def _add_band(self, x: Floats, low: Floats, high: Floats, role: Role) -> None:
        """Every other dot between two edges, so that what lies over it stands out."""
        across, down = self._dots(role)
        dots = raster.band(x, low, high, self.columns * across, self.rows * down)
        self._paint(dots, role)

    def _add_bars(self, x: Floats, y: Floats, role: Role) -> None:
        place = spacing(x)
        sign = self.style.character(role)
        marker = self.style.marker
        if marker == "braille" and place * self.columns >= 2:
            marker = "hd"  # broad bars look solid in blocks, and spotted in dots
        across, down = (1, 1) if sign else raster.DOTS[marker]
        columns, rows = self.columns * across, self.rows * down
        base = 0.0 if self.y.log else float(self.y.fraction(np.zeros(1))[0])
        grain = across if place * self.columns >= 2 else 1
        dots = raster.bars(x, y, base, place * _BAR, columns, rows, grain=grain)
        if sign or marker == self.style.marker:
            self._paint(dots, role, sign)
        else:
            codes = raster.codes(dots, marker)
            self._write(codes > 0, raster.glyphs(codes, marker)[codes > 0], role)

    def _dots(self, role: Role) -> tuple[int, int]:
        return (1, 1) if self.style.character(role) else raster.DOTS[self.style.marker]

    def _paint(self, dots: raster.Dots, role: Role, sign: str = "") -> None:
        """Dots of one series. A cell keeps the dots of all its series, unless they are dimmed, and
        takes the colour of the one that came there last."""
        sign = sign or self.style.character(role)
        if sign:
            self._write(dots, sign, role)
            return
        codes = raster.codes(dots, self.style.marker)
        touched = codes > 0
        kept = (self._characters == "") & (self.layers != LAYERS.index("muted"))
        self._codes[touched] = codes[touched] | np.where(kept, self._codes, 0)[touched]
        self._characters[touched] = ""
        self.layers[touched] = LAYERS.index(role)

    def _write(self, cells: raster.Dots, signs: str | raster.Glyphs, layer: Role | Layer) -> None:
        self._characters[cells] = signs
        self.layers[cells] = LAYERS.index(layer)

    def _put_row(self, x: Floats, row: int, sign: str) -> None:
        self._put(raster.cells_of(x, self.columns), row, sign, "alarm")

    def _put(self, columns: raster.Integers, row: int, sign: str, layer: Layer) -> None:
        self._characters[row, columns] = sign
        self.layers[row, columns] = LAYERS.index(layer)


def stands_alone(line: Line) -> bool:
    """Whether each of its points stands for itself."""
    return line.points and len(line.x) <= _FEW


def misplaced(y: Floats, log: bool) -> raster.Dots:
    """Which values have no place on an axis: NaN, ±Inf and, on a logarithmic one, all ≤ 0."""
    return ~(np.isfinite(y) & (y > 0)) if log else ~np.isfinite(y)


def spacing(x: Floats) -> float:
    """The usual distance of neighbouring points; 1 where there are no two."""
    gaps = np.diff(np.unique(x[np.isfinite(x)]))
    return float(np.median(gaps)) if len(gaps) else 1.0


def _nearest(known: Floats, axis: Axis, wanted: Floats) -> raster.Integers:
    """For each wanted fraction of the axis, which of the known positions lies closest; -1 for one
    that lies beyond all of them."""
    places = axis.fraction(known)
    order = np.argsort(places)
    ordered = places[order]
    middles = (ordered[1:] + ordered[:-1]) / 2
    nearest: raster.Integers = order[np.searchsorted(middles, wanted)]
    slack = 0.5 / len(wanted)
    nearest[(wanted < ordered[0] - slack) | (wanted > ordered[-1] + slack)] = -1
    return nearest
