"""Colours of pictures: those of the lab's light and dark theme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tui_lab.exchange.graphics.shapes import Ink

Shade = Literal["light", "dark"]
Palette = Mapping[Ink | Literal["background"], str]

LIGHT: Palette = {
    "background": "#ffffff",
    "text": "#303030",
    "label": "#5f5f5f",
    "axis": "#9e9e9e",
    "grid": "#e4e4e4",
    "mark": "#af5f00",
    "alarm": "#af0000",
    "first": "#005faf",
    "second": "#d75f00",
    "third": "#008700",
    "fourth": "#8700af",
    "fifth": "#875f00",
    "sixth": "#008787",
    "muted": "#b2b2b2",
    "accent": "#af005f",
}
DARK: Palette = {
    "background": "#121212",
    "text": "#dadada",
    "label": "#a8a8a8",
    "axis": "#6c6c6c",
    "grid": "#303030",
    "mark": "#ffaf5f",
    "alarm": "#ff5f5f",
    "first": "#5fafff",
    "second": "#ffaf5f",
    "third": "#87d787",
    "fourth": "#d787d7",
    "fifth": "#ffd75f",
    "sixth": "#5fd7d7",
    "muted": "#6c6c6c",
    "accent": "#ff5f87",
}
PALETTES: Mapping[Shade, Palette] = {"light": LIGHT, "dark": DARK}
HEAT = (38, 132, 210)
"""Of a heatmap, laid over the background the more the larger a number is: it shows on both."""
GREY = (128, 128, 128)
"""Of the levels of a function under lines, likewise."""
