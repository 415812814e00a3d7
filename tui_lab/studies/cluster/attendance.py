"""A run on a cluster from here: given to a node, followed, found again when node or scheduler were
gone, and over once its mirror is whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from tui_lab.events import RunEnded
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import last_event
from tui_lab.studies.cluster.charge import Charge
from tui_lab.studies.cluster.link import LinkError
from tui_lab.studies.cluster.node import Report, refusal
from tui_lab.studies.cluster.outgoing import Notice
from tui_lab.studies.cluster.roster import RemoteNode, Roster, Say
from tui_lab.studies.executor import LOST, Ended, Slot

_FILES = ("run.json", "source.py")


@dataclass(frozen=True)
class Patience:
    """How long is waited, in seconds."""

    look: float = 1.0
    """Between two looks at who is there."""
    missing: float = 60.0
    """For a run that none of the nodes has, while the scheduler is there."""
    disk: float = 10.0
    """Before what could not be written here is tried again."""


class Attendance:
    """One run of `slot`, which nobody else attends to; raises `RunError` where somebody does."""

    def __init__(
        self,
        directory: RunDirectory,
        slot: Slot,
        roster: Roster,
        say: Say,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.slot = slot
        self.id = directory.id
        self._roster = roster
        self._say = say
        self._patience = patience
        self._clock = clock
        self._node: RemoteNode | None = None
        self._home = ""
        """The name of the node that was given the run."""
        self._reason: str | None = None
        """Why it is to be stopped."""
        self._stopping: asyncio.Task[None] | None = None
        self._charge = Charge(directory, self._relay)

    @property
    def node(self) -> str:
        """The name of the node it is on, empty while nobody knows."""
        return "" if self._node is None else self._node.name

    @property
    def is_ending(self) -> bool:
        """Whether its log is at its end, and the rest is being fetched."""
        return isinstance(last_event(self._charge.directory.events_path), RunEnded)

    def receive(self, notice: Notice) -> None:
        """Take what its node tells."""
        if self._node is not None:
            self._charge.receive(notice, self._node)

    async def keep(self) -> None:
        """Look after the mirror, and have the node stop the run where that is asked; to be called
        about once a second. Raises `OSError`."""
        if self._node is not None:
            await self._charge.keep(self._node.host)
        is_told = self._stopping is not None and not self._stopping.done()
        if self._reason is not None and self._node is not None and not is_told:
            self._stopping = asyncio.create_task(self._stop(self._node, self._reason))

    def stop(self, reason: str) -> None:
        """Have it ended, as soon as it can be told so."""
        self._reason = reason

    async def begin(self, where: RemoteNode) -> Ended:
        """Give it to a node, and follow it to its end."""
        self._home = where.name
        directory = self._charge.directory
        paths = [directory.path / name for name in _FILES]
        files = {path.name: path.read_bytes() for path in paths if path.exists()}
        self._node = where
        directory.reserve_path.unlink(missing_ok=True)  # for a worker, and that has its own
        await self._charge.keep(where.host)
        with suppress(LinkError):  # it may have begun all the same
            return await self._attended(where, files)
        return await self.follow()

    async def follow(self) -> Ended:
        """Find it, wherever it is, and follow it to its end."""
        while True:
            self._node = None
            found = await self._found()
            if found is None:
                self._charge.mirror.lose()
                return Ended(self.id, LOST)
            self._node = found
            with suppress(LinkError):
                return await self._attended(found, None)

    async def close(self) -> None:
        """Let go of it: it goes on where it is."""
        if self._stopping is not None:
            self._stopping.cancel()
        await self._charge.close()

    async def _attended(self, where: RemoteNode, files: Mapping[str, bytes] | None) -> Ended:
        lengths = self._charge.mirror.lengths
        report = await where.attend(self.id, files, self.slot.environment, lengths)
        if "error" in report:
            return self._refused(where, report["error"])
        left = await self._fetched(where, report)
        if left:
            kept = ", ".join(left)
            why = "too large to fetch, or not the same here"
            self._say(f"{self.id} stays on {where.name}, in attempts/: of {kept}, {why}.")
        else:
            with suppress(LinkError):  # then it stays there
                await where.forget(self.id)
        return Ended(self.id, self._how(report))

    async def _fetched(self, where: RemoteNode, report: Report) -> list[str]:
        """All of the run is here afterwards but those files; a full disk here is waited out."""
        while True:
            try:
                return await self._charge.fetch_rest(where, report["sums"])
            except OSError as error:
                self._say(f"{self.id} can't be written here ({error.strerror or error}).")
                await asyncio.sleep(self._patience.disk)

    def _how(self, report: Report) -> int | Literal["lost"]:
        code = report["code"]
        if code is not None:
            return int(code)
        return 0 if self.is_ending else LOST

    def _refused(self, where: RemoteNode, sentence: str) -> Ended:
        self._say(f"{self.id} could not begin on {where.name}: {sentence}")
        mirror = self._charge.mirror
        mirror.append("worker.log", mirror.length("worker.log"), f"{sentence}\n".encode())
        mirror.lose()
        return Ended(self.id, LOST)

    async def _found(self) -> RemoteNode | None:
        """The node that has it; None where none had it for too long. Time without a scheduler
        does not count."""
        last, waited = self._clock(), 0.0
        while waited < self._patience.missing:
            for each in self._in_order():
                with suppress(LinkError):
                    if await each.sees(self.id):
                        return each
            if self._home in self._roster.complaints:
                return None
            await asyncio.sleep(self._patience.look)
            now = self._clock()
            waited += now - last if self._roster.is_up else 0.0
            last = now
        return None

    def _in_order(self) -> list[RemoteNode]:
        """The nodes, first the one that was given the run: where they share a home directory all
        have it, and that one alone has its worker."""
        nodes = self._roster.nodes.values()
        return sorted(nodes, key=lambda each: each.name != self._home)

    async def _relay(self, line: bytes) -> bytes:
        if self._node is None:
            return refusal(f"{self.id} can't be reached: its node is gone for the moment.")
        try:
            return await self._node.relay(self.id, line)
        except LinkError as error:
            return refusal(f"{self.id} can't be reached: {error}")

    async def _stop(self, where: RemoteNode, reason: str) -> None:
        with suppress(LinkError):  # the next look is reason enough to try again
            await where.stop(self.id, reason)
