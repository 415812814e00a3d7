"""Matrices and images as pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tui_lab.exchange.formats import Size
from tui_lab.exchange.graphics.colours import HEAT
from tui_lab.exchange.graphics.shapes import Pixels, Raster, Scene, Shape, Words, breadth
from tui_lab.view_models.number_format import short
from tui_lab.view_models.picture_data import Cells, ImageGrid, Matrix

_PAD, _TOP = 14.0, 44.0
_LETTERS = 11.0


def heatmap(cells: Cells, title: str, size: Size) -> Scene:
    """A matrix: the larger a number, the stronger its colour; numbers where they have room."""
    width, height = size
    heading = Words(_PAD, _PAD + 10, title, size=14.0, bold=True)
    if cells.note or not cells.values.size:
        return _message(cells.note, heading, size)
    label = min(max((breadth(row, _LETTERS) for row in cells.rows), default=0.0), width / 3)
    left, head = _PAD + label + (6 if label else 0), 18 if cells.columns else 0
    rows, columns = cells.values.shape
    wide, tall = (width - _PAD - left) / columns, (height - _PAD - _TOP - head) / rows
    box = left, _TOP + head, wide * columns, tall * rows
    shapes: list[Shape] = [heading, Raster(*box, _heat(cells.values))]
    shapes += [
        Words(left + (i + 0.5) * wide, _TOP + 12, text, "label", _LETTERS, "middle")
        for i, text in enumerate(cells.columns)
        if breadth(text, _LETTERS) <= wide
    ]
    if tall >= _LETTERS:
        middle = [_TOP + head + (i + 0.5) * tall + 4 for i in range(rows)]
        shapes += [
            Words(left - 6, y, text, "label", _LETTERS, "end")
            for y, text in zip(middle, cells.rows, strict=False)
        ]
        shapes += _numbers(cells.values, left, middle, wide)
    return Scene(width, height, tuple(shapes), title)


def images(grid: ImageGrid, title: str, size: Size) -> Scene:
    """As many images as fit at a size at which they can be seen, each above its caption."""
    width, height = size
    heading = Words(_PAD, _PAD + 10, title, size=14.0, bold=True)
    if grid.note or not grid.pixels.size:
        return _message(grid.note, heading, size)
    count, tall, wide = grid.pixels.shape[:3]
    times = max(1, round(_side(count, width, height) / max(tall, wide)))
    across = max(1, int((width - _PAD) // (wide * times + 8)))
    down = max(1, int((height - _TOP) // (tall * times + 22)))
    shapes: list[Shape] = [heading]
    for number in range(min(count, across * down)):
        x = _PAD + (number % across) * (wide * times + 8)
        y = _TOP + (number // across) * (tall * times + 22)
        shapes.append(Raster(x, y, wide * times, tall * times, _pixels(grid.pixels[number])))
        shapes.append(_caption(grid, number, x, y + tall * times + 13, wide * times))
    return Scene(width, height, tuple(shapes), title)


def _side(count: int, width: int, height: int) -> float:
    """Pixels of a side at which all images fit, or as small as can be seen."""
    return min(max(math.sqrt((width - _PAD) * (height - _TOP) / max(count, 1)) - 16, 28.0), 140.0)


def _caption(grid: ImageGrid, number: int, x: float, y: float, width: float) -> Words:
    wrong = bool(grid.wrong) and grid.wrong[number]
    text = f"{'✗ ' if wrong else ''}{grid.captions[number] if grid.captions else ''}"
    room = max(1, int((width + 6) / breadth("m", 10)))
    return Words(x, y, text[:room], "alarm" if wrong else "label", 10)


def _message(note: str, heading: Words, size: Size) -> Scene:
    words = Words(size[0] / 2, size[1] / 2, note or "no data yet", "label", 12, "middle")
    return Scene(*size, (heading, words), heading.text)


def _heat(values: Matrix) -> Pixels:
    finite = values[np.isfinite(values)]
    low, high = (finite.min() / 2, finite.max() / 2) if len(finite) else (0.0, 0.0)
    part = np.clip(np.nan_to_num((values / 2 - low) / ((high - low) or 1.0)), 0, 1)
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = HEAT
    pixels[..., 3] = np.rint(255 * (0.05 + 0.75 * part))
    return pixels


def _numbers(values: Matrix, left: float, middle: list[float], wide: float) -> Iterator[Words]:
    texts = [[short(value) for value in row] for row in values.tolist()]
    if max(breadth(text, _LETTERS) for row in texts for text in row) > wide - 4:
        return
    for y, row in zip(middle, texts, strict=True):
        for column, text in enumerate(row):
            yield Words(left + (column + 0.5) * wide, y, text, "text", _LETTERS, "middle")


def _pixels(image: Matrix) -> Pixels:
    colours = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    opaque = np.full((*image.shape[:2], 1), 255.0)
    return np.concatenate((np.rint(255 * colours), opaque), axis=2).astype(np.uint8)
