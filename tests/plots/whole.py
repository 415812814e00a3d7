"""Charts laid out by plotext whole, the cells of the data among them, and figures of all kinds."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from plotext._figure import _figure_class

from tui_lab.plots import limits
from tui_lab.plots.axes import Axis, Ticks
from tui_lab.plots.canvas import LAYERS, Canvas
from tui_lab.plots.plot import paint
from tui_lab.plots.style import Layer, PlotStyle
from tui_lab.view_models.figure import Field, Figure, Line, Mark, Role

Cells = list[list[tuple[str, Role | Layer]]]
"""Rows, top first, of characters with the name of their layer."""


class Whole:
    """Draws like `Plot`, but has plotext put each cell of the data in its place, every time."""

    x: Axis | None = None
    y: Axis | None = None

    def draw(self, figure: Figure, width: int, height: int, style: PlotStyle) -> Cells:
        x = self.x = limits.x_axis(figure, self.x)
        lines = [limits.thinned(line, x, width, figure) for line in figure.lines]
        y = self.y = limits.y_axis(figure, lines, self.y)
        up = y.ticks(max(2, height // 3))
        gutter = max(len(label) for _, label in up) + 1
        if width - gutter < 10:
            up, gutter = [], 0
        canvas = Canvas(width - gutter, height - 2, x, y, style)
        paint(canvas, figure, lines)
        return _laid_out(canvas, x.ticks(max(2, width // 14)), up, (width, height))


def _laid_out(canvas: Canvas, across: Ticks, up: Ticks, size: tuple[int, int]) -> Cells:
    engine, signs = _figure_class(), canvas.signs()
    rows, columns = np.nonzero(signs != " ")
    layers = canvas.layers[rows, columns].tolist()
    engine.theme("clear")
    engine.scatter([0], [0], marker=[" "])
    engine.scatter(
        columns.tolist(),
        (canvas.rows - 1 - rows).tolist(),
        marker=signs[rows, columns].tolist(),
        color=layers,
    )
    engine.xlim(0, canvas.columns - 1)
    engine.ylim(0, canvas.rows - 1)
    engine.xticks(*_cells(across, canvas.x, canvas.columns))
    engine.yticks(*_cells(up, canvas.y, canvas.rows))
    engine.xaxes(True, False)
    engine.yaxes(bool(up), False)
    engine._set_size(*size)
    engine._set_sizes()
    engine._build_matrix()
    matrix = engine.monitor.matrix
    drawn = zip(matrix.marker[::-1], matrix.fullground[::-1], strict=True)
    return [[(s, _layer(s, k)) for s, k in zip(*row, strict=True)] for row in drawn]


def _cells(ticks: Ticks, axis: Axis, cells: int) -> tuple[list[int], list[str]]:
    span = axis.high - axis.low
    at = [int(np.floor(0.5 + (t - axis.low) / span * (cells - 1))) for t, _ in ticks]
    placed = dict(zip(reversed(at), reversed([label for _, label in ticks]), strict=True))
    return list(placed), list(placed.values())


def _layer(sign: str, colour: object) -> Role | Layer:
    if isinstance(colour, int):
        return LAYERS[colour]
    return "label" if sign.isalnum() else "axis"


_VALUES = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1e-9, np.nan, np.inf, -np.inf, 1e308])
_ROLES: st.SearchStrategy[Role] = st.sampled_from(
    ("first", "second", "third", "fourth", "muted", "accent")
)


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    y = np.array(draw(st.lists(_VALUES, max_size=40)) * draw(st.sampled_from([1, 1, 30])))
    steps = np.arange(1.0, len(y) + 1)
    x = steps if draw(st.booleans()) else steps[::-1] * 3.7
    return Line("train", x, y, draw(_ROLES), draw(st.booleans()))


_MARKS = st.builds(
    Mark, st.floats(-5, 60), st.sampled_from(("a", "b", "")), st.just("what happened")
)
_FIELD = Field(np.linspace(-2, 2, 9), np.linspace(-1, 3, 7), np.outer(np.arange(7.0), np.arange(9)))

FIGURES = st.builds(
    Figure,
    st.lists(_lines(), max_size=3).map(tuple),
    st.lists(_MARKS, max_size=3).map(tuple),
    st.sampled_from([None, None, _FIELD]),
    bars=st.booleans(),
    log_x=st.booleans(),
    log_y=st.booleans(),
    x_label=st.sampled_from(["", "step"]),
    x_range=st.sampled_from([None, (0.0, 100.0)]),
)
