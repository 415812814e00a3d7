"""Serves the lab to browsers on this machine, each window a lab of its own over the same runs."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import Callable, Sequence
from importlib.resources import files
from string import Template

import textual_serve
from aiohttp import WSMsgType, web

from tui_lab.browser.gate import gate, guard_answer
from tui_lab.browser.lab import GRACE, BrowserLab

LOOPBACK = "127.0.0.1"
_LONGEST = 2 * GRACE
"""Seconds that the end of all labs together may take."""
_MOST_CELLS = 1000
"""Columns or rows that a window may claim to have."""
_STATIC = (
    "css/xterm.css",
    "js/textual.js",
    "fonts/RobotoMono-VariableFont_wght.ttf",
)
"""What of textual-serve a page needs."""


class LabServer:
    """Listens on loopback, at `port` or at any that is free for 0; `words` are the command of a
    lab. Raises `OSError` where it can't listen."""

    def __init__(self, words: Sequence[str], port: int = 0) -> None:
        self.token = secrets.token_urlsafe(24)
        self._words = words
        self._socket = socket.create_server((LOOPBACK, port))
        self._windows: set[web.WebSocketResponse] = set()
        self._page = Template(files(__package__).joinpath("page.html").read_text("utf-8"))

    @property
    def port(self) -> int:
        """Where it listens."""
        found: int = self._socket.getsockname()[1]
        return found

    @property
    def address(self) -> str:
        """What a browser is given; whoever has it may do everything."""
        return f"http://{LOOPBACK}:{self.port}/{self.token}/"

    async def serve(self, until: asyncio.Event, when_ready: Callable[[], None]) -> None:
        """Serve until the event, then end the labs that are open."""
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=_LONGEST)
        await runner.setup()
        try:
            await web.SockSite(runner, self._socket).start()
            when_ready()
            await until.wait()
        finally:
            await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[gate(self.token)])
        application.add_routes(
            [
                web.get("/{token}/", self._show_page),
                web.get("/{token}/window", self._open_window),
                web.get("/{token}/static/{name:.+}", self._send_file),
            ]
        )
        application.on_response_prepare.append(guard_answer)
        application.on_shutdown.append(self._close_windows)
        return application

    async def _show_page(self, request: web.Request) -> web.Response:
        scheme = "wss" if request.scheme == "https" else "ws"
        window = f"{scheme}://{request.host}/{self.token}/window"
        return web.Response(text=self._page.substitute(window=window), content_type="text/html")

    async def _send_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in _STATIC:
            raise web.HTTPNotFound
        return web.FileResponse(str(files(textual_serve).joinpath("static", name)))

    async def _open_window(self, request: web.Request) -> web.WebSocketResponse:
        window = web.WebSocketResponse(heartbeat=15, timeout=GRACE)
        await window.prepare(request)
        lab = BrowserLab(self._words, window)
        self._windows.add(window)
        try:
            await lab.start(_cells(request, "width", 80), _cells(request, "height", 24))
            await _pass_on(window, lab)
        finally:
            self._windows.discard(window)
            await lab.stop()
        return window

    async def _close_windows(self, application: web.Application) -> None:
        await asyncio.gather(*(window.close() for window in tuple(self._windows)))


async def _pass_on(window: web.WebSocketResponse, lab: BrowserLab) -> None:
    """Give the lab what is typed and clicked in the window, until the window closes."""
    async for message in window:
        if message.type is not WSMsgType.TEXT:
            continue
        match _said(message.data):
            case ["stdin", str(typed)]:
                await lab.send_bytes(typed.encode())
            case ["resize", {"width": int(width), "height": int(height)}]:
                await lab.set_terminal_size(_bounded(width), _bounded(height))
            case ["ping", sent]:
                await window.send_json(["pong", sent])
            case ["blur", *_]:
                await lab.blur()
            case ["focus", *_]:
                await lab.focus()


def _said(text: str) -> object:
    """What a message holds; None where that is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _cells(request: web.Request, name: str, usual: int) -> int:
    given = request.query.get(name, "")
    return _bounded(int(given)) if given.isdecimal() and len(given) < 9 else usual


def _bounded(cells: int) -> int:
    return max(1, min(cells, _MOST_CELLS))
