"""Letters of a picture that is drawn here: a font of the system, or Pillow's own."""

from __future__ import annotations

from typing import Any

_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "Arial Unicode.ttf",
    "LiberationSans-Regular.ttf",
)
"""Those of many systems that have Greek letters and signs; the first that is there is taken."""
_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "sigma", "tau", "upsilon"),
    *("phi", "chi", "psi", "omega"),
)
"""From α to ω, with both sigmas."""
_SIGNS = {
    "‖": "||",
    "∇": "grad ",
    "Δ": "delta ",
    "→": "->",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "²": "^2",
    "₀": "0",
    "₁": "1",
    "₂": "2",
    "₃": "3",
    "√": "sqrt ",
    "“": '"',
    "”": '"',
    "–": "-",
    "′": "'",
    "↓": "v",
    "✗": "x",
    "≠": "/=",
    "├": "|",
}
_SPELT = str.maketrans(_SIGNS | {chr(ord("α") + i): name for i, name in enumerate(_GREEK)})


def font_of(pixels: float) -> tuple[Any, bool]:
    """A font of Pillow's of this size, and whether it has more than Latin letters."""
    from PIL import ImageFont  # few have it, and nobody waits for it but for a PNG

    for name in _FONTS:
        try:
            return ImageFont.truetype(name, pixels), True
        except OSError:
            continue
    return ImageFont.load_default(pixels), False


def spelt(text: str) -> str:
    """The text in Latin letters, for a font that has no others."""
    return text.translate(_SPELT).encode("latin-1", "replace").decode("latin-1")
