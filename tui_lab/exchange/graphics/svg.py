"""A picture as SVG that follows the reader's choice of light or dark."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from tui_lab.exchange.graphics.colours import DARK, LIGHT, Palette
from tui_lab.exchange.graphics.shapes import (
    Area,
    Dots,
    Path,
    Pixels,
    Points,
    Raster,
    Scene,
    Shape,
    Words,
)
from tui_lab.view_models.plain_text import plain

FONTS = "system-ui, 'DejaVu Sans', 'Noto Sans', Helvetica, Arial, sans-serif"


def svg(scene: Scene, *, standalone: bool = True) -> str:
    """The picture; within a page that has `style_sheet` already, without one of its own."""
    size = f'width="{scene.width}" height="{scene.height}"'
    title = _safe(scene.title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {scene.width} '
        f'{scene.height}" class="picture" role="img" aria-label={quoteattr(title)}'
        f"{_scales(scene)}>",
        f"<title>{escape(title)}</title>",
    ]
    if standalone:
        parts += [f"<style>{style_sheet()}</style>", '<rect class="paper" width="100%" '
                  'height="100%"/>']  # fmt: skip
    parts += [element for shape in scene.shapes for element in _elements(shape)]
    return "\n".join([*parts, "</svg>\n"])


def style_sheet() -> str:
    """The colours of both themes."""
    return (
        f".picture{{font-family:{FONTS}}}"
        f"{_rules(LIGHT)}@media (prefers-color-scheme:dark){{{_rules(DARK)}}}"
    )


def png_bytes(pixels: Pixels) -> bytes:
    """Pixels as a PNG file."""
    height, width = pixels.shape[:2]
    rows = np.concatenate((np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)), axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def _scales(scene: Scene) -> str:
    """What a page needs to say which numbers are under the mouse."""
    if scene.scales is None:
        return ""
    named = zip(("x", "y"), scene.scales, strict=True)
    return "".join(
        f' data-{name}="{s.start:.2f} {s.stop:.2f} {s.low:.9g} {s.high:.9g} {int(s.log)}"'
        for name, s in named
    )


def _rules(palette: Palette) -> str:
    rules = [
        f".l-{ink}{{stroke:{colour};fill:none}}.f-{ink}{{fill:{colour};stroke:none}}"
        for ink, colour in palette.items()
        if ink != "background"
    ]
    return "".join(rules) + f".paper{{fill:{palette['background']}}}"


def _elements(shape: Shape) -> Iterator[str]:
    match shape:
        case Path():
            dashes = f' stroke-dasharray="{_n(shape.dashes[0])} {_n(shape.dashes[1])}"' \
                if shape.dashes else ""  # fmt: skip
            name = f" data-name={quoteattr(_safe(shape.name))}" if shape.name else ""
            yield (
                f'<polyline class="l-{shape.ink}" stroke-width="{_n(shape.width)}"{dashes} '
                f'stroke-linejoin="round"{name} points="{_points(shape.points)}"/>'
            )
        case Area():
            opacity = f' fill-opacity="{_n(shape.opacity)}"' if shape.opacity < 1 else ""
            points = _points(shape.points)
            yield f'<polygon class="f-{shape.ink}"{opacity} points="{points}"/>'
        case Dots():
            for x, y in shape.points.tolist():
                yield f'<circle class="f-{shape.ink}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(shape.radius)}"/>'  # noqa: E501
        case Words():
            yield _text(shape)
        case Raster():
            yield _image(shape)


def _text(words: Words) -> str:
    bold = ' font-weight="600"' if words.bold else ""
    anchor = f' text-anchor="{words.anchor}"' if words.anchor != "start" else ""
    return (
        f'<text class="f-{words.ink}" x="{_n(words.x)}" y="{_n(words.y)}" '
        f'font-size="{_n(words.size)}"{anchor}{bold}>{escape(_safe(words.text))}</text>'
    )


def _image(raster: Raster) -> str:
    data = base64.b64encode(png_bytes(raster.pixels)).decode()
    return (
        f'<image x="{_n(raster.x)}" y="{_n(raster.y)}" width="{_n(raster.width)}" '
        f'height="{_n(raster.height)}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
    )


def _points(points: Points) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points.tolist())


def _n(value: float) -> str:
    """A length with as many digits as can be seen."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"


def _safe(text: str) -> str:
    """Text that XML has room for: what it has no form for becomes a blank or a `?`."""
    return (
        plain(text)
        .encode("utf-8", "replace")
        .decode()
        .replace("\ufffe", "?")
        .replace("\uffff", "?")
    )
