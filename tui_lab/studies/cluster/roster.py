"""The nodes of a cluster that are there, as of the last look, and what each can be asked."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import tui_lab
from tui_lab.studies.cluster import node
from tui_lab.studies.cluster.link import Link, LinkError
from tui_lab.studies.cluster.outgoing import Notice
from tui_lab.studies.cluster.supply import Supply
from tui_lab.studies.executor import Slot

_RETRY = 60.0
"""Seconds until a node that did not answer is asked again."""
_STOPPING = 90.0
"""Seconds that a script may take to save what it has, and to be ended by force after that."""

Say = Callable[[str], object]


@dataclass(frozen=True)
class RemoteNode:
    """A node, and the connection it is asked through; what it is asked may raise `LinkError`."""

    link: Link
    address: str
    name: str
    host: str
    threads: int
    cards: tuple[str, ...]
    attempts: frozenset[str] = frozenset()
    """What was on it when it was met."""
    gone: asyncio.Event = field(default_factory=asyncio.Event, compare=False)
    """Set once it is not there any more."""

    async def attend(
        self,
        run_id: str,
        files: Mapping[str, bytes] | None,
        environment: Mapping[str, str],
        lengths: Mapping[str, int],
    ) -> node.Report:
        """Begin an attempt, or take one up, and wait for its end. For dask a task whose node is
        gone may come back with it, and waits for ever."""
        arguments = (run_id, self.link.topic, files, environment, lengths)
        task = asyncio.ensure_future(self.link.task(self.address, node.attend, *arguments))
        gone = asyncio.ensure_future(self.gone.wait())
        try:
            await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise LinkError(f"{self.name} is gone.")
        finally:
            task.cancel()
            gone.cancel()

    async def sees(self, run_id: str) -> str:
        """As `node.sees`."""
        return str(await self.link.call(self.address, node.sees, run_id))

    async def part(self, run_id: str, file: str, offset: int, most: int) -> bytes:
        """At most so many bytes of a file of a run."""
        asked = (run_id, file, offset, most)
        return bytes(await self.link.call(self.address, node.part, *asked))

    async def small(self, run_id: str, lengths: Mapping[str, int]) -> list[Notice]:
        """Its small files as they are now."""
        return list(await self.link.call(self.address, node.small, run_id, lengths))

    async def relay(self, run_id: str, line: bytes) -> bytes:
        """What its worker answers to a line."""
        return bytes(await self.link.call(self.address, node.relay, run_id, line, patience=15.0))

    async def stop(self, run_id: str, reason: str) -> None:
        """End it."""
        await self.link.call(self.address, node.stop, run_id, reason, patience=_STOPPING)

    async def forget(self, run_id: str) -> None:
        """Remove what it has of a run that is over."""
        await self.link.call(self.address, node.forget, run_id)

    async def end(self, run_id: str) -> None:
        """End and remove a run that nobody wants any more; the node keeps it where it can't."""
        with suppress(LinkError):
            await self.stop(run_id, "another attempt was begun")
            await self.forget(run_id)

    def slots(self, device: str) -> Iterable[Slot]:
        """Its room for runs on such a device: one on each card, else one on each core given."""
        if device != "cpu" and self.cards:
            for card in self.cards:
                visible = {"CUDA_VISIBLE_DEVICES": card}
                yield Slot(f"{self.name} card {card}", "cuda:0", visible)
        elif not device.startswith("cuda"):
            for number in range(self.threads):
                yield Slot(f"{self.name} core {number}", "cpu")


class Roster:
    """Who is there; `hear` is given what they tell, `say` a sentence when something changes."""

    def __init__(
        self,
        supply: Supply,
        hear: Callable[[Notice], object],
        say: Say,
        connect: Callable[..., Link] = Link,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.nodes: Mapping[str, RemoteNode] = {}
        """By address."""
        self.trouble = ""
        """What keeps the scheduler away, in a sentence."""
        self.was_up = False
        """Whether it ever answered."""
        self._supply = supply
        self._hear = hear
        self._say = say
        self._connect = connect
        self._clock = clock
        self._link: Link | None = None
        self._refused: dict[str, float] = {}
        """When nodes that can't be used, by address, are asked again."""

    @property
    def is_up(self) -> bool:
        """Whether the scheduler answered the last time."""
        return self._link is not None and self._link.is_up

    @property
    def is_settled(self) -> bool:
        """Whether all nodes are there that will be soon."""
        return self.is_up and self._supply.is_settled(self._names())

    @property
    def complaints(self) -> Mapping[str, str]:
        """Why some nodes will not come, by their names."""
        return self._supply.complaints

    async def tend(self) -> None:
        """Look who is there; to be called about once a second. What goes wrong is said."""
        try:
            await self._look()
        except LinkError as error:
            self._replace({})
            if self.trouble != str(error):
                self.trouble = str(error)
                self._say(self.trouble)
        else:
            self.trouble, self.was_up = "", True

    async def close(self, busy: Iterable[str]) -> None:
        """Let go of all of it; runs on the nodes with the names in `busy` go on."""
        if self._link is not None:
            await self._link.close()
        await self._supply.close(set(busy))

    async def _look(self) -> None:
        address = await self._supply.tend(self._names())
        link = await self._linked(address)
        there = await link.nodes()
        known = {each: self.nodes[each] for each in there if each in self.nodes}
        now = self._clock()
        for each in there - known.keys():
            if now < self._refused.get(each, now):
                continue
            if (found := await self._met(link, each)) is not None:
                known[each] = found
                self._say(f"{found.name} is there: {_room(found)}.")
        self._replace(known)

    async def _linked(self, address: str) -> Link:
        link = self._link
        if link is None or link.address != address:
            if link is not None:
                await link.close()
            self._replace({})
            link = self._link = self._connect(address, self._supply.security, self._hear)
        if not link.is_up:
            await link.open()
            self._say(f"The scheduler is at {address}.")
        return link

    async def _met(self, link: Link, address: str) -> RemoteNode | None:
        now = self._clock()
        try:
            facts: Mapping[str, Any] = await link.call(address, node.facts)
        except LinkError as error:
            self._refuse(address, str(error), now + _RETRY)
            return None
        if facts["version"] != tui_lab.__version__:
            versions = f"tui-lab {facts['version']}, this is {tui_lab.__version__}"
            self._refuse(address, f"It has {versions}.", math.inf)
            return None
        return RemoteNode(
            link,
            address,
            _name(facts["name"], facts["host"], address),
            facts["host"],
            facts["threads"],
            tuple(facts["cards"]),
            frozenset(facts["attempts"]),
        )

    def _replace(self, nodes: Mapping[str, RemoteNode]) -> None:
        for each in self.nodes.keys() - nodes.keys():
            self.nodes[each].gone.set()
            self._say(f"{self.nodes[each].name} is gone.")
        self.nodes = nodes

    def _names(self) -> set[str]:
        return {each.name for each in self.nodes.values()}

    def _refuse(self, address: str, why: str, until: float) -> None:
        if address not in self._refused:
            self._say(f"{address} can't be used. {why}")
        self._refused[address] = until


def _name(given: str, host: str, address: str) -> str:
    """What a node was called, or where its name is but its address, its machine and port."""
    return f"{host}:{address.rpartition(':')[2]}" if given == address else given


def _room(found: RemoteNode) -> str:
    cards = f"{len(found.cards)} cards, " if found.cards else ""
    return f"{cards}{found.threads} cores, on {found.host}"
