"""Matrices and images as rows of text: shades where there are colours, else characters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.picture_data import Cells, ImageGrid

Matrix = npt.NDArray[np.float64]
Pixel = Any
"""A number from 0 to 1, or three of them."""

_DENSITIES = {"ascii": " .:-=+*#%@", "braille": " ░▒▓█", "hd": " ░▒▓█"}
_GAP = 1
"""Columns between two images."""
_SMALLEST = 12
"""Columns below which an image is not made smaller for the sake of showing more of them."""
_WIDEST_CELL = 8


def heatmap_rows(cells: Cells, width: int, height: int, style: PlotStyle) -> list[Strip]:
    """The matrix, one row of text per row; with numbers where they fit and labels where given.

    What finds no room is left out at the right and at the bottom.
    """
    if cells.note or not cells.values.size:
        return message_rows(cells.note or "no data yet", width, height, style)
    label = min(max((cell_len(row) for row in cells.rows), default=0), width // 3)
    texts = _texts(cells.values)
    needed = max(len(text) for row in texts for text in row) + 2
    head = 1 if cells.columns else 0
    room = max(width - label - bool(label), 1)
    each = min(
        max(room // cells.values.shape[1], 1), _WIDEST_CELL if needed <= _WIDEST_CELL else needed
    )
    numbers = each >= needed
    levels = _levels(cells.values)
    rows = [_heading(cells, label, each, width, style)] if head else []
    for number, row in enumerate(levels[: height - head]):
        name = _cut(cells.rows[number], label) if cells.rows else ""
        parts = [Segment(name.rjust(label) + " " * bool(label), _label(style))]
        shown = texts[number] if numbers else [""] * len(row)
        parts += [_cell(level, text, each, style) for level, text in zip(row, shown, strict=True)][
            : room // each
        ]
        rows.append(_fitted(parts, width, style))
    return _filled(rows, width, height, style)


def image_rows(
    grid: ImageGrid, width: int, height: int, style: PlotStyle
) -> tuple[list[Strip], int]:
    """As many images as fit, each with its caption, and how many those are.

    Two pixels share a character, one above the other. Images are made smaller by whole factors as
    long as that shows more of them and they can still be read.
    """
    if grid.note or not grid.pixels.size:
        return message_rows(grid.note or "no data yet", width, height, style), 0
    pixels = _reduced(grid.pixels, width, height)
    count, tall, wide = pixels.shape[:3]
    lines = -(-tall // 2) + 1
    across, down = max((width + _GAP) // (wide + _GAP), 1), max(height // lines, 1)
    shown = min(count, across * down)
    rows: list[Strip] = []
    for first in range(0, shown, across):
        numbers = range(first, min(first + across, shown))
        rows += [
            _fitted(_image_line(pixels, numbers, line, style), width, style)
            for line in range(lines - 1)
        ]
        captions = [_caption(grid, number, wide, style) for number in numbers]
        rows.append(_fitted(captions, width, style))
    return _filled(rows, width, height, style), shown


def message_rows(message: str, width: int, height: int, style: PlotStyle) -> list[Strip]:
    """A few words in the middle of nothing."""
    words = _cut(message, width)
    rows = [Strip([Segment(" " * width, style.base)], width) for _ in range(height)]
    if height:
        rows[height // 2] = _fitted(
            [Segment(" " * ((width - cell_len(words)) // 2) + words, _label(style))], width, style
        )
    return rows


def _texts(values: Matrix) -> list[list[str]]:
    return [[_number(value) for value in row] for row in values.tolist()]


def _number(value: float) -> str:
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "-∞"}.get(value, "nan")
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e5 else f"{value:.2g}"


def _levels(values: Matrix) -> list[list[float]]:
    """From 0, the smallest value, to 1, the largest; NaN stays."""
    finite = values[np.isfinite(values)]
    low, high = (finite.min() / 2, finite.max() / 2) if len(finite) else (0.0, 0.0)
    span = (high - low) or 1.0  # halves: the difference of two huge values would overflow
    part: Matrix = np.clip(np.where(np.isnan(values), np.nan, (values / 2 - low) / span), 0, 1)
    levels: list[list[float]] = part.tolist()
    return levels


def _cell(level: float, text: str, width: int, style: PlotStyle) -> Segment:
    if math.isnan(level):
        return Segment((text or "×").center(width)[:width], _alarm(style))
    if not style.shades:
        return Segment(_shaded_text(level, text, width, style), style.base)
    return Segment(text.center(width)[:width], style.base + shade(level, style))


def _shaded_text(level: float, text: str, width: int, style: PlotStyle) -> str:
    sign = density(level, style)
    return f" {text} ".center(width, sign)[:width] if text else sign * width


def shade(level: float, style: PlotStyle) -> Style:
    """The background for a level between 0 and 1."""
    return style.shades[min(int(level * len(style.shades)), len(style.shades) - 1)]


def density(level: float, style: PlotStyle) -> str:
    """The character for a level between 0 and 1, where there are no shades."""
    signs = _DENSITIES[style.marker]
    return signs[min(int(level * len(signs)), len(signs) - 1)]


def _heading(cells: Cells, label: int, each: int, width: int, style: PlotStyle) -> Strip:
    names = "".join(_cut(name, each - 1).center(each) for name in cells.columns)
    return _fitted([Segment(" " * (label + bool(label)) + names, _label(style))], width, style)


def _reduced(pixels: Matrix, width: int, height: int) -> Matrix:
    """The images at the largest size at which all fit, or the least at which they can be read."""
    count, tall, wide, *colours = pixels.shape
    factor = 1
    while not _fits(count, tall // factor, wide // factor, width, height):
        if wide // (factor + 1) < min(_SMALLEST, width) and wide // factor <= width:
            break
        factor += 1
    tall, wide = max(tall // factor, 1), max(wide // factor, 1)
    cut = pixels[:, : tall * factor, : wide * factor]
    if cut.shape[1:3] != (tall * factor, wide * factor):
        return pixels[:, :tall, :wide]
    blocks = cut.reshape(count, tall, factor, wide, factor, *colours)
    reduced: Matrix = blocks.mean(axis=(2, 4))
    return reduced


def _fits(count: int, tall: int, wide: int, width: int, height: int) -> bool:
    across = (width + _GAP) // (max(wide, 1) + _GAP)
    return across * (height // (-(-max(tall, 1) // 2) + 1)) >= count


def _image_line(
    pixels: Matrix, numbers: Sequence[int], line: int, style: PlotStyle
) -> list[Segment]:
    parts: list[Segment] = []
    for number in numbers:
        image = pixels[number]
        upper = image[2 * line]
        lower = image[2 * line + 1] if 2 * line + 1 < len(image) else np.zeros_like(upper)
        parts += [_pixels(top, bottom, style) for top, bottom in zip(upper, lower, strict=True)]
        parts.append(Segment(" " * _GAP, style.base))
    return parts


def _pixels(top: Pixel, bottom: Pixel, style: PlotStyle) -> Segment:
    if not style.greys:
        return Segment(density(float(np.mean((top, bottom))), style), style.base)
    look = Style(color=_colour(top, style), bgcolor=_colour(bottom, style))
    return Segment("▀", style.base + look)


def _colour(pixel: Pixel, style: PlotStyle) -> Color | str:
    if np.ndim(pixel):
        return Color.from_rgb(*(round(255 * float(part)) for part in pixel))
    return style.greys[round(float(pixel) * (len(style.greys) - 1))]


def _caption(grid: ImageGrid, number: int, width: int, style: PlotStyle) -> Segment:
    wrong = bool(grid.wrong) and grid.wrong[number]
    text = f"{'✗ ' if wrong else ''}{grid.captions[number] if grid.captions else ''}"
    if style.marker == "ascii":
        text = text.replace("✗", "x")
    text = _cut(text, width)
    return Segment(
        text + " " * (width - cell_len(text) + _GAP), _alarm(style) if wrong else _label(style)
    )


def _label(style: PlotStyle) -> Style:
    return style.base + style.styles.get("label", Style.null())


def _alarm(style: PlotStyle) -> Style:
    return style.base + style.styles.get("alarm", Style.null())


def _cut(text: str, width: int) -> str:
    """`text` in at most `width` columns."""
    if cell_len(text) <= width:
        return text
    kept = ""
    for character in text:
        if cell_len(kept + character) > width - 1:
            break
        kept += character
    return f"{kept}…" if width > 0 else ""


def _fitted(parts: Sequence[Segment], width: int, style: PlotStyle) -> Strip:
    return Strip(parts).adjust_cell_length(width, style.base).simplify()


def _filled(rows: list[Strip], width: int, height: int, style: PlotStyle) -> list[Strip]:
    blank = Strip([Segment(" " * width, style.base)], width)
    return (rows + [blank] * (height - len(rows)))[:height]
