"""Lines to plot, and the rows of text that a figure becomes."""

from __future__ import annotations

import numpy as np

from tui_lab.plots.plot import draw, text
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Figure, Floats, Line

STEPS = np.arange(1.0, 101.0)


def line(y: list[float] | Floats, x: list[float] | Floats | None = None) -> Line:
    values = np.asarray(y, np.float64)
    places = np.arange(1.0, len(values) + 1) if x is None else np.asarray(x, np.float64)
    return Line("train", places, values)


def in_dots(sign: str) -> bool:
    """Whether a character is braille with at least one dot."""
    return "\u2800" < sign <= "\u28ff"


def rows(figure: Figure, width: int = 40, height: int = 10, **looks: object) -> list[str]:
    return text(draw(figure, width, height, PlotStyle(**looks))).split("\n")  # type: ignore[arg-type]
