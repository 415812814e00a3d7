"""Parallel coordinates as rows of text: uprights with their words, and paths between them."""

from __future__ import annotations

import itertools

import numpy as np
from rich.cells import cell_len
from textual.strip import Strip

from tui_lab.plots.axes import Axis
from tui_lab.plots.canvas import LAYERS, Canvas
from tui_lab.plots.frame import Layers, narrow
from tui_lab.plots.mosaic import message_rows
from tui_lab.plots.raster import Glyphs
from tui_lab.plots.strips import Strips
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Floats, Line
from tui_lab.view_models.parallel import Parallel, Paths, Upright

SMALLEST = (16, 6)
"""Columns and rows below which there are words instead."""
_MARGIN = 4
"""Columns outside the first and the last upright, for half of their words."""
_ABOVE, _BELOW = 1, 2
"""Rows over the paths, for the words at the tops; and under them, for those at the feet and the
names."""


class ParallelPlot:
    """Draws one picture again and again; rows that look as before are the strips they were."""

    def __init__(self) -> None:
        self._strips = Strips()

    def draw(
        self, picture: Parallel, width: int, height: int, style: PlotStyle
    ) -> tuple[Strip, ...]:
        """The picture in rows of exactly this size; any data, any size."""
        if picture.is_empty or width < SMALLEST[0] or height < SMALLEST[1]:
            words = picture.note or "no trial has ended yet"
            small = "" if picture.is_empty else "too small for parallel coordinates"
            return tuple(message_rows(narrow(small or words), width, height, style))
        axis = _across(len(picture.uprights), width)
        canvas = Canvas(width, height - _ABOVE - _BELOW, axis, Axis(-0.02, 1.02), style)
        for paths in picture.paths:
            _add(canvas, paths)
        columns = _columns(len(picture.uprights), axis, width)
        signs, layers = _written(canvas, height)
        for number, upright in enumerate(picture.uprights):
            _stand(signs, layers, upright, columns[number], _room(columns, width))
        palette = self._strips.palette(style)
        return self._strips.draw(signs, palette.looks(layers))


def _across(count: int, width: int) -> Axis:
    """Uprights stand at 0, 1, 2, …, with a margin on either side."""
    margin = max(count - 1, 1) * _MARGIN / max(width - 2 * _MARGIN, 1)
    return Axis(-margin if count > 1 else -0.5, count - 1 + margin if count > 1 else 0.5)


def _columns(count: int, axis: Axis, width: int) -> list[int]:
    places = axis.fraction(np.arange(count, dtype=np.float64))
    return [round(float(place) * (width - 1)) for place in places]


def _room(columns: list[int], width: int) -> int:
    """Columns that the words of one upright may take."""
    gaps = [right - left for left, right in itertools.pairwise(columns)]
    return max(min(gaps, default=width) - 1, 1)


def _add(canvas: Canvas, paths: Paths) -> None:
    """All paths as one line that breaks between them, then their signs."""
    if not paths.places:
        return
    count = len(paths.places[0])
    x = np.tile(np.append(np.arange(count, dtype=np.float64), np.nan), len(paths.places))
    y = np.concatenate([np.append(places, np.nan) for places in paths.places])
    canvas.add_line(Line("", x, y, paths.role, dotted=paths.dotted))
    if paths.sign:
        canvas.add_line(Line("", *_placed(x, y), paths.role, points=True, sign=paths.sign))


def _placed(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    there = np.isfinite(x) & np.isfinite(y)
    return x[there], y[there]


def _written(canvas: Canvas, height: int) -> tuple[Glyphs, Layers]:
    """The cells of the canvas, and empty rows around them."""
    signs = np.full((height, canvas.columns), " ", dtype="<U1")
    layers = np.zeros((height, canvas.columns), dtype=np.uint8)
    inside = slice(_ABOVE, height - _BELOW)
    signs[inside], layers[inside] = canvas.signs(), canvas.layers
    return signs, layers


def _stand(signs: Glyphs, layers: Layers, upright: Upright, column: int, room: int) -> None:
    """An upright where nothing else is, its name below, and its words at their places: of the ends
    outside, where they hide no path."""
    inside = slice(_ABOVE, len(signs) - _BELOW)
    free = signs[inside, column] == " "
    signs[inside, column][free] = "│"
    layers[inside, column][free] = LAYERS.index("axis")
    _write(signs, layers, len(signs) - 1, column, _cut(upright.name, room))
    for place, word in upright.ticks:
        at_end = place <= 0 or place >= 1
        beside = column + 2 + len(word) // 2 if not at_end else column
        _write(signs, layers, _row(place, len(signs)), beside, _cut(word, room))


def _row(place: float, height: int) -> int:
    if place <= 0:
        return height - _BELOW
    if place >= 1:
        return 0
    return _ABOVE + round((1 - place) * (height - _ABOVE - _BELOW - 1))


def _write(signs: Glyphs, layers: Layers, row: int, column: int, text: str) -> None:
    """Words in the middle of a column, over whatever is there, inside the picture."""
    start = min(max(column - len(text) // 2, 0), max(signs.shape[1] - len(text), 0))
    place = (row, slice(start, start + len(text)))
    signs[place] = list(text)
    layers[place] = LAYERS.index("label")


def _cut(text: str, room: int) -> str:
    words = narrow(text)
    return words if cell_len(words) <= room else words[: max(room - 1, 0)] + "…"
