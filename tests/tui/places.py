"""The ways to each place of the lab, and what a test asks of it wherever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

from tests.tui.fakes import summary
from tui_lab.run import RunStatus
from tui_lab.tui.app import TuiLabApp

LIVE = summary(1, status=RunStatus.RUNNING)
PLACES = [(), ("enter",), ("h",)]
"""Keys that lead from home to each screen."""


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Wait for something that happens after a few turns of the event loop."""
    async with asyncio.timeout(20):
        while not condition():
            await pilot.pause()


def told(app: TuiLabApp) -> list[str]:
    """The sentences that notices say."""
    return [note.message for note in app._notifications]
