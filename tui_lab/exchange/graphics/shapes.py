"""What a picture consists of, before it is known whether it is written as SVG or as PNG.

Lengths are pixels, from the upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tui_lab.view_models.figure import Role

Ink = Role | Literal["axis", "grid", "label", "text", "mark", "alarm"]
"""Which colour of a theme a shape takes."""
Points = npt.NDArray[np.float64]
"""A row for each point: x, y."""
Pixels = npt.NDArray[np.uint8]
"""Row, column, and red, green, blue, opacity."""


@dataclass(frozen=True)
class Path:
    """A line through points, two or more."""

    points: Points
    ink: Ink
    width: float = 1.5
    dashes: tuple[float, float] | None = None
    """Lengths of what is drawn and what is not."""
    name: str = ""
    """Of a series: what its values are."""


@dataclass(frozen=True)
class Area:
    """What lies within points."""

    points: Points
    ink: Ink
    opacity: float = 1.0


@dataclass(frozen=True)
class Dots:
    """A round spot at each point."""

    points: Points
    ink: Ink
    radius: float = 2.5


@dataclass(frozen=True)
class Words:
    """Text on one line, its baseline at `y`."""

    x: float
    y: float
    text: str
    ink: Ink = "text"
    size: float = 12.0
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


@dataclass(frozen=True)
class Raster:
    """An image that is stretched to a size, its pixels kept sharp."""

    x: float
    y: float
    width: float
    height: float
    pixels: Pixels


Shape = Path | Area | Dots | Words | Raster


@dataclass(frozen=True)
class Scale:
    """Pixels of an axis and the numbers there: `low` at `start`, `high` at `stop`, logarithms of
    ten where it is logarithmic."""

    start: float
    stop: float
    low: float
    high: float
    log: bool


@dataclass(frozen=True)
class Scene:
    """A whole picture; what comes later lies on top."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    title: str = ""
    scales: tuple[Scale, Scale] | None = None
    """Of a chart: how its pixels are numbers, across and upwards."""


def breadth(text: str, size: float) -> float:
    """About how wide a text is, in whatever font it will be written."""
    return 0.58 * size * len(text)
