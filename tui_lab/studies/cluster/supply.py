"""Where a cluster's scheduler and nodes come from: somebody else's, or processes of the lab's."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Protocol

from tui_lab.studies.cluster.keys import Keys, security
from tui_lab.studies.cluster.link import LinkError

COMMAND = (sys.executable, "-P", "-m", "tui_lab.studies.cluster.scheduler")
_STARTING, _ENDING = 60.0, 5.0


class Supply(Protocol):
    """Who sees to it that there are a scheduler and nodes."""

    @property
    def security(self) -> Any:
        """What a client of the scheduler needs; None for dask's own settings."""

    @property
    def complaints(self) -> Mapping[str, str]:
        """Why some nodes will not come, in a sentence, by their names."""

    async def tend(self, there: Collection[str]) -> str:
        """Start what is missing, where `there` names the nodes that are there; gives the
        scheduler's address. To be called about once a second. Raises `LinkError`."""

    def is_settled(self, there: Collection[str]) -> bool:
        """Whether all nodes are there that will be soon."""

    async def close(self, busy: Collection[str]) -> None:
        """End what was started; the runs on nodes that are `busy` go on."""


class FoundScheduler:
    """One that somebody else has started, and looks after."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.security = None
        self.complaints: Mapping[str, str] = {}

    async def tend(self, there: Collection[str]) -> str:
        return self._address

    def is_settled(self, there: Collection[str]) -> bool:
        return bool(there)

    async def close(self, busy: Collection[str]) -> None:
        """Nothing here was started."""


class OwnScheduler:
    """A process of this one's, with a certificate of its own. It ends when this process does."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.security = security(keys)
        self.address = ""
        self._process: asyncio.subprocess.Process | None = None

    async def keep(self, host: str) -> str:
        """Its address; one that has died is started anew, and has another. Raises `LinkError`."""
        if self._process is None or self._process.returncode is not None:
            self.address = await self._start(host)
        return self.address

    async def close(self) -> None:
        """End it."""
        if self._process is not None:
            await end(self._process)

    async def _start(self, host: str) -> str:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*COMMAND, stdin=pipe, stdout=pipe)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = json.dumps({"host": host, "keys": dict(self.keys)}) + "\n"
        self._process.stdin.write(asked.encode())
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), _STARTING)
            return str(json.loads(line)["address"])
        except (TimeoutError, ValueError) as error:
            await end(self._process)
            raise LinkError(f"No scheduler of dask could be started on {host}.") from error


async def end(process: asyncio.subprocess.Process) -> None:
    """Have a child end by closing its standard input, then by force."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _ENDING)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
