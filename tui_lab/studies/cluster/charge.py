"""One run that goes on somewhere in the cluster: its mirror here, its socket, and what is still to
be fetched of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import socket_path
from tui_lab.studies.cluster.link import LinkError
from tui_lab.studies.cluster.mirror import Mirror
from tui_lab.studies.cluster.outgoing import LOGS, Notice
from tui_lab.studies.cluster.post import Post

MOST_STATES = 64 << 20
"""Bytes of checkpoints that are fetched of one run, the newest first; others stay on the node."""
_PART = 1 << 20
_STATE = re.compile(r"checkpoints/step-\d+(-\d+)?\.pt")


class Node(Protocol):
    """What can be asked of the node that a run is on; every call may raise `LinkError`."""

    def part(self, run_id: str, file: str, offset: int, most: int) -> Awaitable[bytes]:
        """At most so many bytes of a file of a run."""

    def small(self, run_id: str, lengths: Mapping[str, int]) -> Awaitable[list[Notice]]:
        """Its small files as they are now."""

    def relay(self, run_id: str, line: bytes) -> Awaitable[bytes]:
        """What its worker answers to a line."""


class Charge:
    """A run and the one writer of its mirror; raises `RunError` where somebody else writes it."""

    def __init__(self, directory: RunDirectory, relay: Callable[[bytes], Awaitable[bytes]]) -> None:
        self.directory = directory
        self.mirror = Mirror(directory)
        self._post = Post(socket_path(directory.path), relay)
        self._known = dict.fromkeys(LOGS, 0)
        """How long the logs are on the node, as far as was told."""
        self.catching_up: asyncio.Task[None] | None = None
        """What asks for bytes that are missing before those that came, where there are any."""

    def receive(self, notice: Notice, node: Node) -> None:
        """Take what a node tells over; where bytes are missing before it, they are asked for."""
        name = notice["file"]
        if "offset" not in notice:
            self.mirror.replace(name, notice["data"], notice["now"])
            return
        self.mirror.append(name, notice["offset"], notice["data"])
        self._known[name] = max(self._known[name], notice["length"])
        if self._is_behind() and (self.catching_up is None or self.catching_up.done()):
            self.catching_up = asyncio.create_task(self._try_to_catch_up(node))

    async def keep(self, host: str) -> None:
        """Look after lock, socket and heartbeat; to be called about once a second. The socket is
        there once the worker has a word of its own."""
        self.mirror.keep()
        self.mirror.expect(host)
        if self.mirror.length("events.jsonl"):
            await self._post.keep()

    async def fetch_rest(self, node: Node, sums: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Fetch all that is missing of a run that is over, and compare it; gives the names of the
        files that stay on the node. Raises `LinkError` and `OSError`, and can be tried again."""
        for name in sums.keys() & set(LOGS):
            self._known[name] = sums[name]["length"]
        await self._catch_up(node)
        left = []
        room = MOST_STATES
        for name, expected in sums.items():
            is_wanted = name in LOGS or bool(_STATE.fullmatch(name))
            if not is_wanted or (name not in LOGS and expected["length"] > room):
                left.append(name)
                continue
            room -= expected["length"] * (name not in LOGS)
            if not await self._settle(node, name, expected):
                left.append(name)
        for notice in await node.small(self.directory.id, self.mirror.lengths):
            if "offset" not in notice:
                self.mirror.replace(notice["file"], notice["data"], notice["now"], whole=True)
        return left

    async def close(self) -> None:
        """Let go of it; what runs on the node goes on."""
        if self.catching_up is not None:
            self.catching_up.cancel()
        await self._post.close()
        self.mirror.close()

    def _is_behind(self) -> bool:
        return any(self.mirror.length(name) < length for name, length in self._known.items())

    async def _try_to_catch_up(self, node: Node) -> None:
        with suppress(LinkError, OSError):  # the next notice is reason enough to try again
            await self._catch_up(node)

    async def _catch_up(self, node: Node) -> None:
        for name in LOGS:
            while (here := self.mirror.length(name)) < self._known[name]:
                data = await node.part(self.directory.id, name, here, _PART)
                if not data:
                    return  # it is shorter than it was: the sums will tell
                self.mirror.append(name, here, data)  # in vain where a notice was faster

    async def _settle(self, node: Node, name: str, expected: Mapping[str, Any]) -> bool:
        """Whether the copy of a file is like it, after it was fetched anew where it was not."""
        if not self.mirror.length(name) and not expected["length"]:
            return True
        if self.mirror.length(name) and self.mirror.settle(name, expected["sha256"]):
            return True
        return await self._fetch(node, name, expected)

    async def _fetch(self, node: Node, name: str, expected: Mapping[str, Any]) -> bool:
        offset = 0
        while offset < expected["length"]:
            data = await node.part(self.directory.id, name, offset, _PART)
            if not data:
                break
            self.mirror.add(name, offset, data)
            offset += len(data)
        return offset > 0 and self.mirror.settle(name, expected["sha256"])
