"""A screen at rest: nothing is left to be answered, and the layout stays as it is."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

_MOST = 100
"""Looks at a screen that never comes to rest."""


async def quiet(pilot: Pilot[Any]) -> None:
    """Wait until a screen is at rest. A pause alone ends too soon on a busy machine: a pane that
    has just got its place may not have arranged what is in it."""
    seen: list[dict[Widget, Region]] = []
    for _ in range(_MOST):
        await pilot.pause()
        screen = pilot.app.screen
        widgets = [screen, *screen.walk_children(Widget)]
        if any(widget.message_queue_size for widget in (pilot.app, *widgets)):
            seen.clear()
        seen.append({widget: widget.region for widget in widgets})
        if len(seen) > 2 and all(one == other for one, other in pairwise(seen[-3:])):
            return
