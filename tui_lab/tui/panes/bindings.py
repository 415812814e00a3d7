"""Keys that mean the same on every screen of panes."""

from __future__ import annotations

from textual.binding import Binding

ZOOM = Binding(
    "z",
    "zoom",
    "zoom",
    tooltip="Give the focused pane the whole screen, and back",
    id="pane.zoom",
    show=False,
)
