"""Labs in windows, without a browser: a server over a process that speaks as a lab does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, ClientWebSocketResponse

from tui_lab.browser.server import LabServer

_LAB = """
import json, os, sys
def read(count):
    data = b""
    while len(data) < count:
        more = os.read(0, count - len(data))
        if not more:
            sys.exit()
        data += more
    return data
def say(text):
    data = text.encode()
    os.write(1, b"D" + len(data).to_bytes(4, "big") + data)
os.write(1, b"__GANGLION__\\n")
say(f"a lab {os.getpid()} of {os.environ['COLUMNS']}x{os.environ['ROWS']}")
while True:
    kind, size = read(1), int.from_bytes(read(4), "big")
    said = read(size).decode()
    if kind == b"M" and json.loads(said)["type"] == "quit" and "STUBBORN" not in sys.argv:
        sys.exit()
    if said == "q":
        sys.exit()
    say(f"{kind.decode()} {said}")
"""
LAB = (sys.executable, "-S", "-c", _LAB)
"""Says who it is, repeats what it is told, and ends when it is told or nobody is there."""


@asynccontextmanager
async def serving(*words: str) -> AsyncIterator[LabServer]:
    """The server of such labs, until the block ends."""
    server, ended, ready = LabServer(words or LAB), asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(server.serve(ended, ready.set))
    await ready.wait()
    try:
        yield server
    finally:
        ended.set()
        await task


@asynccontextmanager
async def window(
    server: LabServer, size: str = "width=90&height=30"
) -> AsyncIterator[ClientWebSocketResponse]:
    """A window as a browser opens one."""
    origin = f"http://127.0.0.1:{server.port}"
    address = f"{server.address}window?{size}"
    async with ClientSession() as session, session.ws_connect(address, origin=origin) as opened:
        yield opened


async def pid_of(opened: ClientWebSocketResponse) -> int:
    """The process of the lab in a window, as it says first."""
    return int((await opened.receive_bytes(timeout=20)).split()[2])
