"""A chart as data: what is to be drawn, before any decision on cells, markers or colours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
"""One-dimensional; may hold NaN and ±Inf, which a chart counts and marks but never hides."""

Role = Literal["first", "second", "third", "fourth", "fifth", "sixth", "muted", "accent"]
"""Which colour of the theme a series takes; position in the legend says the same in words."""


@dataclass(frozen=True)
class Line:
    """One series: joined points, or points alone."""

    name: str
    x: Floats
    y: Floats
    role: Role = "first"
    points: bool = False
    """Draw the points alone, not the line through them."""
    dotted: bool | None = None
    """Whether a line is drawn in half its dots; None where its role says so."""
    sign: str = ""
    """A character to draw it with, where there are more series than colours."""
    upper: Floats | None = None
    """Of a band: its upper edge, `y` being the lower one."""


@dataclass(frozen=True)
class Mark:
    """A vertical line at `x` with a one-letter label on the curve and a line in the legend."""

    x: float
    label: str
    text: str
    """What happened there: `λ 3 → 10`."""


@dataclass(frozen=True)
class Field:
    """A function on a grid, drawn as shaded levels under the lines; `z` has a row per y."""

    x: Floats
    y: Floats
    z: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """Everything one chart shows."""

    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    field: Field | None = None
    bars: bool = False
    """Draw each line's points as bars from zero (or from the axis, on a log scale); lines of
    `points` stay points, as marks on the bars."""
    log_x: bool = False
    log_y: bool = False
    x_label: str = ""
    y_label: str = ""
    x_range: tuple[float, float] | None = None
    """Known extent of the x axis (all the steps of a run), so that it need not move."""
    tick_labels: tuple[tuple[float, str], ...] = ()
    """Words instead of numbers on the x axis: (position, word)."""
    note: str = ""
    """Why there is nothing to draw, in a few words; empty when there is something."""
    equal: bool = False
    """Whether a unit is as long upwards as it is across: it shows a plane."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return self.field is None and not any(len(line.x) for line in self.lines)


def emphasised(figure: Figure, role: Role | None) -> Figure:
    """The figure with all series but those of one role dimmed; as it is for None."""
    if role is None:
        return figure
    lines = (line if line.role == role else replace(line, role="muted") for line in figure.lines)
    return replace(figure, lines=tuple(lines))
