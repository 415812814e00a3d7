"""What is slow neither holds up the screen nor the way out."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tui_lab.errors import RunError
from tui_lab.tui.session.background import in_background


async def test_what_is_slow_is_not_waited_for_on_the_way_out() -> None:
    let = threading.Event()
    waiting = asyncio.ensure_future(in_background(let.wait, 60))
    await asyncio.sleep(0)
    workers = [t for t in threading.enumerate() if t is not threading.main_thread()]
    assert any(thread.daemon for thread in workers)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    let.set()


async def test_an_error_in_the_background_is_raised_where_it_is_awaited() -> None:
    def fail() -> None:
        raise RunError("no")

    with pytest.raises(RunError, match="no"):
        await in_background(fail)
