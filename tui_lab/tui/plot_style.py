"""How a chart looks: its markers, and a style for everything that may stand in a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rich.style import Style

from tui_lab.config import Marker

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.figure import Role

Layer = Literal["axis", "mark", "alarm"]
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

    def character(self, role: Role) -> str:
        """The character a series is drawn with, or "" when it is drawn in dots."""
        if self.marker == "ascii" or (not self.colour and role != "first"):
            return CHARACTERS[role]
        return ""

    def sample(self, role: Role) -> str:
        """What to put before the name of a series in a legend; "" where its colour says it."""
        if self.colour and self.marker != "ascii":
            return ""
        return self.character(role) or PLAIN[self.marker]
