"""How a chart looks: its markers, and a style for everything that may stand in a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

from tui_lab.config import Marker

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.figure import Role

Layer = Literal["axis", "label", "mark", "alarm"]
"""What is drawn in a cell besides the series."""

CHARACTERS: Mapping[Role, str] = {
    "first": "*",
    "second": "+",
    "third": "o",
    "fourth": "x",
    "fifth": "#",
    "sixth": "%",
    "muted": ".",
    "accent": "@",
}
"""The character of each series where colours can't tell them apart."""

_DOTTED: frozenset[Role] = frozenset(("second", "fourth", "sixth"))

PLAIN: Mapping[Marker, str] = {"braille": "⠶", "hd": "▚", "ascii": "*"}
"""What a line drawn in dots looks like in a legend."""


@dataclass(frozen=True)
class PlotStyle:
    """Everything `Plot` needs to know about looks; the default is black on white."""

    marker: Marker = "braille"
    colour: bool = True
    """Whether colours arrive on the screen at all."""
    base: Style = field(default_factory=Style)
    """Under everything: the foreground and background of the chart."""
    styles: Mapping[Role | Layer, Style] = field(default_factory=dict)
    """Laid over `base`; what is missing looks like it."""
    shades: tuple[Style, ...] = ()
    """Backgrounds for the levels of a field, lowest first; characters stand in where empty."""

    greys: tuple[RichColor, ...] = ()
    """Colours of the pixels of an image, black first; characters stand in where empty."""

    def character(self, role: Role) -> str:
        """The character a series is drawn with, or "" when it is drawn in dots."""
        if self.marker == "ascii" or (not self.colour and role != "first"):
            return CHARACTERS[role]
        return ""

    def dotted(self, role: Role, wanted: bool | None = None) -> bool:
        """Whether a line is drawn in half its dots, to differ from its neighbour in more than
        colour; `wanted` where the line has a word in it."""
        return (role in _DOTTED if wanted is None else wanted) and not self.character(role)

    def sample(self, role: Role) -> str:
        """What to put before the name of a series in a legend; "" where its colour says it."""
        if self.colour and self.marker != "ascii":
            return ""
        return self.character(role) or PLAIN[self.marker]


_VARIABLES: Mapping[Role | Layer, tuple[str, str]] = {
    "first": ("series-first", "primary"),
    "second": ("series-second", "warning"),
    "third": ("series-third", "success"),
    "fourth": ("series-fourth", "secondary"),
    "fifth": ("series-fifth", "error"),
    "sixth": ("series-sixth", "accent"),
    "muted": ("series-muted", "border-blurred"),
    "accent": ("series-accent", "accent"),
    "axis": ("border-blurred", "foreground"),
    "label": ("foreground", "foreground"),
    "mark": ("accent", "accent"),
    "alarm": ("error", "error"),
}
"""Variables of the theme, and others for a theme that has none of the lab's own."""
_GREYS = tuple(RichColor.from_rgb(level, level, level) for level in range(0, 256, 17))
"""An image is what it is: its black and white do not follow the theme."""
_QUIET = 0.6
"""How far labels stand out from the background: less than the data, still easy to read."""
_STEPS, _FARTHEST = 8, 0.3
"""Shades behind a field, and how far the last one goes from background to foreground."""


def themed(
    variables: Mapping[str, str], base: Style, background: Color, *, marker: Marker, colour: bool
) -> PlotStyle:
    """The style that a theme's variables give on this background."""

    def colour_of(names: tuple[str, str]) -> Color:
        named = next((variables[name] for name in names if name in variables), "ansi_default")
        found = Color.parse(named)
        return found if found.ansi is not None else background + found

    styles = {key: Style(color=colour_of(names).rich_color) for key, names in _VARIABLES.items()}
    foreground = colour_of(("foreground", "foreground"))
    if foreground.ansi is None and background.ansi is None:
        styles["label"] = Style(color=background.blend(foreground, _QUIET).rich_color)
    shaded = colour and background.ansi is None and foreground.ansi is None
    parts = [_FARTHEST * step / (_STEPS - 1) for step in range(_STEPS)] if shaded else []
    shades = tuple(Style(bgcolor=background.blend(foreground, p).rich_color) for p in parts)
    greys = _GREYS if shaded and marker != "ascii" else ()
    return PlotStyle(marker, colour, base, styles, shades, greys)
