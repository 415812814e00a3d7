"""Nodes on boxes that are reached by SSH: a process each, started by the system's own ssh, so that
its configuration, keys and agent count."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from tui_lab.studies.cluster.keys import Keys, new_keys
from tui_lab.studies.cluster.places import Box, OverSsh, quoted
from tui_lab.studies.cluster.supply import OwnScheduler, end

_TRIES = 3
"""Times that a node may fail to come before its box is given up, where it was never there."""
_PAUSE = 5.0
"""Seconds before the second of them; twice as many before each one more, up to a minute."""
_MOST_PAUSES = 12
_ANYWHERE = "0.0.0.0"
_OPTIONS = ("-T", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=15")
_TAIL = 2000


def ssh_command() -> list[str]:
    """$TUI_LAB_SSH, or ssh: what to reach a box with, as $GIT_SSH_COMMAND is for git."""
    return shlex.split(os.environ.get("TUI_LAB_SSH", "")) or ["ssh"]


class BoxSupply:
    """A node on each box, with room for its share of `slots` runs."""

    def __init__(
        self,
        place: OverSsh,
        slots: int,
        say: Callable[[str], object],
        pause: float = _PAUSE,
    ) -> None:
        self._place = place
        self._scheduler = OwnScheduler(new_keys())
        self.security = self._scheduler.security
        threads = -(-slots // len(place.boxes))
        self._nodes = {
            name_of(box): BoxNode(box, place.python, threads, say, pause) for box in place.boxes
        }
        self._host = ""

    @property
    def complaints(self) -> Mapping[str, str]:
        return {name: node.complaint for name, node in self._nodes.items() if node.complaint}

    async def tend(self, there: Collection[str]) -> str:
        if not self._host:
            self._host = self._place.host or await _address_towards(self._place.boxes[0])
        address = await self._scheduler.keep(self._host)
        words = [address, *(["--back"] if self._host == _ANYWHERE else [])]
        for name, node in self._nodes.items():
            await node.keep(words, self._scheduler.keys, is_there=name in there)
        return address

    def is_settled(self, there: Collection[str]) -> bool:
        return all(name in there or node.complaint for name, node in self._nodes.items())

    async def close(self, busy: Collection[str]) -> None:
        await asyncio.gather(*(node.close() for node in self._nodes.values()))
        await self._scheduler.close()


class BoxNode:
    """The node of one box: begun again when it ends, for ever where it was there once, and given up
    when it never comes."""

    def __init__(
        self,
        box: Box,
        python: str,
        threads: int,
        say: Callable[[str], object],
        pause: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.complaint = ""
        self._box = box
        self._python = python or sys.executable
        self._threads = threads
        self._say = say
        self._pause = pause
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None
        self._errors: asyncio.Task[bytes] | None = None
        self._tries = 0
        self._next = 0.0
        self._was_there = False

    async def keep(self, words: list[str], keys: Keys, *, is_there: bool) -> None:
        """Start it unless it runs."""
        if is_there:
            self._tries, self.complaint, self._was_there = 0, "", True
        if self._process is not None and self._process.returncode is not None:
            await self._mourn()
        if self._process is None and not self.complaint and self._clock() >= self._next:
            await self._start(words, keys)

    async def close(self) -> None:
        """End it."""
        if self._process is not None:
            await end(self._process)
        if self._errors is not None:
            self._errors.cancel()

    async def _start(self, words: list[str], keys: Keys) -> None:
        pipe = asyncio.subprocess.PIPE
        self._tries += 1
        self._process = await asyncio.create_subprocess_exec(
            *ssh_command(),
            *_OPTIONS,
            *(("-p", self._box.port) if self._box.port else ()),
            self._box.name,
            self._remote(words),
            stdin=pipe,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=pipe,
        )
        assert self._process.stdin is not None
        assert self._process.stderr is not None
        self._process.stdin.write(json.dumps(dict(keys)).encode() + b"\n")
        self._errors = asyncio.create_task(_end_of(self._process.stderr))

    def _remote(self, words: list[str]) -> str:
        """The command over there."""
        module = "tui_lab.studies.cluster.node_process"
        named = ["--name", name_of(self._box), "--nthreads", str(self._threads)]
        return f"exec {quoted(self._python)} -P -m {module} {shlex.join([*words, *named])}"

    async def _mourn(self) -> None:
        self._process = None
        pauses = min(2 ** min(max(0, self._tries - 1), _MOST_PAUSES), _MOST_PAUSES)
        self._next = self._clock() + self._pause * pauses
        said = await self._errors if self._errors is not None else b""
        lines = said.decode(errors="replace").strip().splitlines()
        why = lines[-1][:200] if lines else "the connection ended"
        if self._tries >= _TRIES and not self._was_there:
            self.complaint = f"{name_of(self._box)} can't be used: {why}."
            self._say(self.complaint)
        else:
            self._say(f"The node on {name_of(self._box)} ended: {why}.")


def name_of(box: Box) -> str:
    """What a box is called."""
    return f"{box.name}:{box.port}" if box.port else box.name


async def _end_of(stream: asyncio.StreamReader) -> bytes:
    said = b""
    while chunk := await stream.read(4096):
        said = (said + chunk)[-_TAIL:]
    return said


async def _address_towards(box: Box) -> str:
    """This machine's address on the way to a box; every address where that can't be told."""
    with suppress(OSError, ValueError):
        process = await asyncio.create_subprocess_exec(
            *ssh_command(),
            "-G",
            box.name,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await process.communicate()
        lines = (line.partition(" ") for line in output.decode().splitlines())
        host = next(value for key, _, value in lines if key == "hostname")
        family, kind, protocol, _, target = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as towards:
            towards.connect(target)  # of datagrams: nothing is sent
            return str(towards.getsockname()[0])
    return _ANYWHERE
