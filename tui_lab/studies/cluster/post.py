"""The socket of a run whose worker is on a node: each line a client writes goes there, and the
answer comes back. Clients can't tell it from a worker's own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from tui_lab.worker.control import LONGEST_LINE, is_trusted

Send = Callable[[bytes], Awaitable[bytes]]


class Post:
    """Listens at `path`, in a directory that is private, and has `send` answer every line."""

    def __init__(self, path: Path, send: Send) -> None:
        self._path = path
        self._send = send
        self._server: asyncio.Server | None = None
        self._inode = 0

    async def keep(self) -> None:
        """Listen, also where the socket's file was swept away since."""
        if self._inode and self._inode == _inode(self._path):
            return
        await self.close()
        unnamed = self._path.with_name(f"{self._path.name}~")
        unnamed.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, unnamed, limit=LONGEST_LINE)
        unnamed.chmod(0o600)
        unnamed.replace(self._path)
        self._inode = _inode(self._path)

    async def close(self) -> None:
        """Remove the socket; whoever is connected gets his last answer."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        if self._inode == _inode(self._path):
            self._path.unlink(missing_ok=True)
        self._inode = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection: socket.socket = writer.get_extra_info("socket")
        with suppress(OSError, ValueError):  # the client went away, or wrote a line without end
            while is_trusted(connection) and (line := await reader.readline()).endswith(b"\n"):
                writer.write(await self._send(line))
                await writer.drain()
        writer.close()


def _inode(path: Path) -> int:
    try:
        return path.lstat().st_ino
    except OSError:
        return 0
