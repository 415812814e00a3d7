"""Cells as strips of text; a row that looks as it did before is the strip it was before."""

from __future__ import annotations

import codecs

import numpy as np
import numpy.typing as npt
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_lab.plots.canvas import LAYERS, Shades
from tui_lab.plots.raster import Glyphs
from tui_lab.plots.style import PlotStyle

Looks = npt.NDArray[np.int16]
"""Which style of a `Palette` each cell takes."""

_decode = codecs.getdecoder("utf-32-le")
"""Found at once: a codec that can't be loaded once (no descriptor free) is not looked for again."""
_ASCII = str.maketrans("│─└┬┤├╎↑↓×•·░▒", "|-++++:^vx*.:%")


class Palette:
    """The styles of cells by number: that of a layer, alone or on a shade of the field."""

    def __init__(self, style: PlotStyle) -> None:
        self.style = style
        layers = [style.base + style.styles.get(layer, Style.null()) for layer in LAYERS]
        self._layers = np.array([layers.index(look) for look in layers], dtype=np.int16)
        self._known = dict(enumerate(layers))

    def looks(self, layers: npt.NDArray[np.uint8]) -> Looks:
        """Of cells with no shade; layers that look alike have one number."""
        looks: Looks = self._layers[layers]
        return looks

    def shade(self, signs: Glyphs, looks: Looks, shades: Shades) -> None:
        """Put shades under cells; one without a sign shows those of both its halves."""
        upper, lower = shades[::2].astype(np.int16), shades[1::2].astype(np.int16)
        shaded = (upper >= 0) & (lower >= 0)
        halves = shaded & (signs == " ") & (upper != lower)
        signs[halves] = "▀"
        number = 1 + lower + len(self.style.shades) * np.where(halves, upper + 1, 0)
        looks += np.where(shaded, len(LAYERS) * number, 0).astype(np.int16)

    def __getitem__(self, look: int) -> Style:
        found = self._known.get(look)
        if found is None:
            found = self._known[look] = self._shaded(look)
        return found

    def _shaded(self, look: int) -> Style:
        number, layer = divmod(look, len(LAYERS))
        upper, lower = divmod(number - 1, len(self.style.shades))
        style = self._known[layer] + self.style.shades[lower]
        return style + Style(color=self.style.shades[upper - 1].bgcolor) if upper else style


class Strips:
    """The rows of one chart, drawn again and again."""

    def __init__(self) -> None:
        self._palette = Palette(PlotStyle())
        self._before: dict[tuple[str, bytes], Strip] = {}

    def palette(self, style: PlotStyle) -> Palette:
        """The styles that numbers stand for; with another style no row is as it was."""
        if self._palette.style is not style:
            self._palette, self._before = Palette(style), {}
        return self._palette

    def draw(self, signs: Glyphs, looks: Looks) -> tuple[Strip, ...]:
        """The cells as rows; those that stood there before are the same objects."""
        width = looks.shape[1]
        text, numbers = _decode(signs.tobytes())[0], looks.tobytes()
        if self._palette.style.marker == "ascii":
            text = text.translate(_ASCII)
        wide = width * looks.itemsize
        keys = [
            (text[row * width : (row + 1) * width], numbers[row * wide : (row + 1) * wide])
            for row in range(len(looks))
        ]
        rows = [
            self._before.get(key) or self._strip(key[0], looks[row]) for row, key in enumerate(keys)
        ]
        self._before = dict(zip(keys, rows, strict=True))
        return tuple(rows)

    def _strip(self, text: str, looks: Looks) -> Strip:
        """One segment for each stretch of cells that look alike."""
        starts = [0, *(np.flatnonzero(looks[1:] != looks[:-1]) + 1).tolist()]
        stops = [*starts[1:], len(text)]
        styles = [self._palette[look] for look in looks[starts].tolist()]
        parts = zip(starts, stops, styles, strict=True)
        return Strip([Segment(text[a:b], style) for a, b, style in parts], len(text))
