"""A process that lives as long as whoever started it holds its standard input open."""

from __future__ import annotations

import asyncio
import sys
import threading


async def leash() -> None:
    """Wait for the end of standard input."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def read() -> None:
        while sys.stdin.buffer.readline():
            pass
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=read, name="leash", daemon=True).start()
    await ended.wait()
