"""A picture as PNG, drawn by Pillow at several times its size and made smaller, which rounds its
edges."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tui_lab.errors import UsageError
from tui_lab.exchange.graphics.colours import PALETTES, Palette, Shade
from tui_lab.exchange.graphics.fonts import font_of, spelt
from tui_lab.exchange.graphics.shapes import Area, Dots, Path, Points, Raster, Scene, Shape, Words
from tui_lab.view_models.plain_text import plain

SCALE = 2
"""Pixels of the file for one of the picture: it stays sharp on a good screen."""
_FINER = 2
"""How much larger than that it is drawn."""


def png(scene: Scene, shade: Shade = "light") -> bytes:
    """The picture, twice as large as its size says. Raises `UsageError` where Pillow is not
    installed."""
    try:
        from PIL import Image  # few have it, and those who have wait for it here alone
    except ImportError:
        raise UsageError(
            'A PNG needs Pillow, which is not installed: pip install "tui-lab[export]", or write '
            "an .svg."
        ) from None
    painter = _Painter(scene, PALETTES[shade])
    for shape in scene.shapes:
        painter.paint(shape)
    size = scene.width * SCALE, scene.height * SCALE
    file = io.BytesIO()
    painter.image.resize(size, Image.Resampling.BOX).save(file, "PNG", optimize=True)
    return file.getvalue()


class _Painter:
    def __init__(self, scene: Scene, palette: Palette) -> None:
        from PIL import Image, ImageDraw

        self._times = SCALE * _FINER
        self._palette = palette
        size = scene.width * self._times, scene.height * self._times
        self.image = Image.new("RGB", size, palette["background"])
        self._draw = ImageDraw.Draw(self.image, "RGBA")
        self._fonts: dict[float, tuple[Any, bool]] = {}

    def paint(self, shape: Shape) -> None:
        colour = "" if isinstance(shape, Raster) else self._palette[shape.ink]
        match shape:
            case Path():
                self._path(shape, colour)
            case Area():
                opacity = f"{round(255 * shape.opacity):02x}"
                self._draw.polygon(self._at(shape.points), fill=colour + opacity)
            case Dots():
                for x, y in self._at(shape.points):
                    self._spot(x, y, shape.radius * self._times, colour)
            case Words():
                self._words(shape, colour)
            case Raster():
                self._raster(shape)

    def _at(self, points: Points) -> list[tuple[float, float]]:
        return [(x * self._times, y * self._times) for x, y in points.tolist()]

    def _path(self, path: Path, colour: str) -> None:
        width = max(1, round(path.width * self._times))
        points = self._at(path.points)
        for part in _dashes(points, path.dashes, self._times) if path.dashes else (points,):
            self._draw.line(part, fill=colour, width=width, joint="curve")

    def _spot(self, x: float, y: float, radius: float, colour: str) -> None:
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def _words(self, words: Words, colour: str) -> None:
        if words.size not in self._fonts:
            self._fonts[words.size] = font_of(words.size * self._times)
        font, is_full = self._fonts[words.size]
        text = plain(words.text) if is_full else spelt(plain(words.text))
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[words.anchor]
        at = words.x * self._times, words.y * self._times
        heavy = round(0.02 * words.size * self._times) if words.bold else 0
        self._draw.text(at, text, fill=colour, font=font, anchor=anchor, stroke_width=heavy)

    def _raster(self, raster: Raster) -> None:
        from PIL import Image

        sides = [max(1, round(part * self._times)) for part in (raster.width, raster.height)]
        image = Image.fromarray(np.ascontiguousarray(raster.pixels), "RGBA")
        image = image.resize((sides[0], sides[1]), Image.Resampling.NEAREST)
        corner = round(raster.x * self._times), round(raster.y * self._times)
        self.image.paste(image, corner, image)


def _dashes(
    points: Sequence[tuple[float, float]], dashes: tuple[float, float], times: int
) -> Iterator[list[tuple[float, float]]]:
    """The parts of a line that are drawn."""
    on, off = dashes[0] * times, dashes[1] * times
    xy = np.array(points)
    lengths = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))))
    for start in np.arange(0.0, lengths[-1], on + off):
        stop = min(start + on, lengths[-1])
        inner = xy[(lengths > start) & (lengths < stop)]
        ends = [[np.interp(at, lengths, xy[:, k]) for k in (0, 1)] for at in (start, stop)]
        yield [tuple(point) for point in np.array([ends[0], *inner, ends[1]]).tolist()]
