"""A headless Chromium, spoken to over its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

from screenshots.chromium import OPTIONS

LONGEST = 60.0
"""Seconds that the browser may take for one thing."""


class Page:
    """One tab; what its network asked for is written down."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.requested: list[str] = []
        """Every address that was asked for."""
        self._socket = socket
        self._numbers = itertools.count(1)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One call of the protocol and its result."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            said = await self._socket.receive_json(timeout=LONGEST)
            self._note(said)
            if said.get("id") == number:
                assert "error" not in said, said
                result: dict[str, Any] = said["result"]
                return result

    def _note(self, said: dict[str, Any]) -> None:
        match said:
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.requested.append(url)
            case {"method": "Network.webSocketCreated", "params": {"url": url}}:
                self.requested.append(url)

    async def go_to(self, address: str) -> None:
        """Load a page."""
        await self.call("Network.enable")
        await self.call("Page.navigate", url=address)

    async def value(self, expression: str) -> Any:
        """What an expression is in the page."""
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until it is true in the page."""
        async with asyncio.timeout(LONGEST):
            while not await self.value(expression):
                await asyncio.sleep(0.05)

    async def click(self, x: int, y: int) -> None:
        """Press and let go of the mouse there."""
        for what in ("mousePressed", "mouseReleased"):
            where = {"x": x, "y": y, "button": "left", "clickCount": 1}
            await self.call("Input.dispatchMouseEvent", type=what, **where)

    async def type(self, text: str) -> None:
        """As a person does."""
        for character in text:
            down = {"type": "keyDown", "text": character, "key": character}
            await self.call("Input.dispatchKeyEvent", **down)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=character)

    async def picture(self) -> bytes:
        """What is seen, as PNG."""
        found = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(found["data"])


@asynccontextmanager
async def browser(chromium: str, profile: Path) -> AsyncIterator[Page]:
    """An empty tab of a browser of its own."""
    words = [*OPTIONS, f"--user-data-dir={profile}", "--remote-debugging-port=0"]
    quiet = subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        chromium, *words, "--window-size=1200,800", stdout=quiet, stderr=quiet
    )
    try:
        async with ClientSession() as session:
            port = await _port(profile)
            async with session.put(f"http://127.0.0.1:{port}/json/new") as answer:
                tab = await answer.json()
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        process.terminate()
        await process.wait()


async def _port(profile: Path) -> int:
    """Where it listens, as it writes down once it does."""
    path = profile / "DevToolsActivePort"
    async with asyncio.timeout(LONGEST):
        while not (path.exists() and path.read_text("utf-8").count("\n")):
            await asyncio.sleep(0.05)
    return int(path.read_text("utf-8").splitlines()[0])
