"""The frame of a chart, laid out by plotext: axes, ticks and their labels.

plotext gets the ticks and one invisible point, and says where everything goes. It is not given the
data: it would turn 200 points into braille in 12 ms and crash on ±Inf, where `raster` takes 1 ms;
its own log axis, limits and legend have faults of their own. Laying out a frame costs more than all
that is drawn in it, so it is kept until limits, ticks or size change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from plotext._figure import _figure_class
from rich.cells import cell_len

from tui_lab.plots import axes
from tui_lab.plots.axes import Axis, Ticks
from tui_lab.plots.canvas import LAYERS, Canvas
from tui_lab.plots.raster import Glyphs

Layers = npt.NDArray[np.uint8]
"""The number in `LAYERS` of each cell."""
Words = tuple[tuple[float, str], ...]
"""Words instead of numbers on the x axis: (position in data units, word)."""

_ROWS_PER_TICK, _COLUMNS_PER_TICK = 3, 14
_NARROW = 10
"""Columns of canvas that labels of the y axis must leave."""
_KEPT = 64
"""Frames kept, of all charts together; a screen has half a dozen, each at a size or two."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A chart with nothing in it; the canvas takes its upper right corner."""

    columns: int
    rows: int
    """Cells of the canvas."""
    signs: Glyphs
    layers: Layers

    def around(self, canvas: Canvas) -> tuple[Glyphs, Layers]:
        """The whole chart: every cell's character and layer."""
        signs, layers = self.signs.copy(), self.layers.copy()
        signs[self.inside] = painted = canvas.signs()
        layers[self.inside] = np.where(painted == " ", 0, canvas.layers)
        return signs, layers

    @property
    def inside(self) -> tuple[slice, slice]:
        """Rows and columns that the canvas takes."""
        return slice(self.rows), slice(self.signs.shape[1] - self.columns, None)


@lru_cache(_KEPT)
def lay_out(x: Axis, y: Axis, words: Words, width: int, height: int) -> Frame:
    """The frame of a chart of this size in columns and rows, ticks and labels with it."""
    rows = height - 2
    # By the labels that find a place: plotext is as wide as the widest it is given.
    up = _cell_ticks(y.ticks(max(2, height // _ROWS_PER_TICK)), y, rows)
    gutter = max(len(label) for label in up[1]) + 1
    if width - gutter < _NARROW:
        up, gutter = ([], []), 0
    columns = width - gutter
    x_ticks = _word_ticks(words, x) or x.ticks(max(2, width // _COLUMNS_PER_TICK))
    across = _cell_ticks(x_ticks, x, columns)
    signs = _drawn(across, up, (columns, rows), (width, height))
    layers = np.where(np.char.isalnum(signs), LAYERS.index("label"), LAYERS.index("axis"))
    return Frame(columns, rows, signs, layers.astype(np.uint8))


def narrow(text: str) -> str:
    """Text of one column per character: what is wider or steers the terminal becomes `?`."""
    return "".join(c if c.isprintable() and cell_len(c) == 1 else "?" for c in text)


def _drawn(
    x: tuple[list[float], list[str]],
    y: tuple[list[float], list[str]],
    canvas: tuple[int, int],
    size: tuple[int, int],
) -> Glyphs:
    """What plotext makes of ticks on axes that count cells, around a canvas of so many."""
    engine = _figure_class()  # its own: plotext's functions share one for all
    engine.theme("clear")
    engine.scatter([0], [0], marker=[" "])  # without data there are no axes
    engine.xlim(0, canvas[0] - 1)
    engine.ylim(0, canvas[1] - 1)
    engine.xticks(*x)
    engine.yticks(*y)
    engine.xaxes(True, False)
    engine.yaxes(bool(y[0]), False)
    engine._set_size(*size)  # not plotsize(): that is cut to the terminal's size
    engine._set_sizes()
    engine._build_matrix()  # not build(): that goes on to a string of escapes
    return np.array(engine.monitor.matrix.marker[::-1], dtype="<U1")


def _word_ticks(words: Words, x: Axis) -> Ticks:
    placed = [(float(axes.drawn(np.array([at]), x.log)[0]), word) for at, word in words]
    return [(at, narrow(word)) for at, word in placed if x.low <= at <= x.high]


def _cell_ticks(ticks: Ticks, axis: Axis, cells: int) -> tuple[list[float], list[str]]:
    """Positions on an axis that counts cells, no two in the same one."""
    placed: dict[int, str] = {}
    for at, label in ticks:
        cell = math.floor(0.5 + (at - axis.low) / (axis.high - axis.low) * (cells - 1))
        placed.setdefault(min(max(cell, 0), cells - 1), label)
    return [float(cell) for cell in placed], list(placed.values())
