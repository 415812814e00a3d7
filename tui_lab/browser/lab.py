"""One lab for one window of a browser: a process that draws into the window and ends with it."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from tui_lab.browser import DRIVER

GRACE = 5.0
"""Seconds that a lab may take to end by itself."""


class BrowserLab(AppService):
    """The process `words`, connected to a websocket."""

    def __init__(self, words: Sequence[str], socket: web.WebSocketResponse) -> None:
        super().__init__(
            "",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=self._close,
            download_manager=DownloadManager(),
        )
        self._words = words
        self._socket = socket

    async def _close(self) -> None:
        await self._socket.close()

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        return {**super()._build_environment(width, height), "TEXTUAL_DRIVER": DRIVER}

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        # In a session of its own: ctrl+c is for the server, which ends its labs one by one.
        self._process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height),
            start_new_session=True,
        )
        self._stdin = self._process.stdin
        return self._process

    async def run(self) -> None:
        """Pass on what the lab draws until it has ended; then the window is told so."""
        try:
            await super().run()
        finally:
            await self._close()

    async def stop(self) -> None:
        """End the lab, by force where it does not end by itself; its runs go on."""
        try:
            await asyncio.wait_for(super().stop(), GRACE)
        except TimeoutError:
            self._task = None
        finally:
            await self._reap()

    async def _reap(self) -> None:
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()  # a lab ends that nobody looks at
        try:
            await asyncio.wait_for(process.wait(), GRACE)
        except TimeoutError:
            process.kill()
            await process.wait()
