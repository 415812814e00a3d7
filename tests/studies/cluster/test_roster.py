"""Protects who is taken for a node, and what room it has: a run on each card or core, no node of
another version, and one that does not answer is no reason to do without the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest

import tui_lab
from tui_lab.studies.cluster import node
from tui_lab.studies.cluster.cards import cards
from tui_lab.studies.cluster.link import Link, LinkError
from tui_lab.studies.cluster.roster import RemoteNode, Roster
from tui_lab.studies.cluster.supply import FoundScheduler
from tui_lab.studies.executor import Slot


class FakeLink(Link):
    """A connection to nodes that are what is said of them; None is one that does not answer."""

    def __init__(self, nodes: Mapping[str, Mapping[str, Any] | None]) -> None:
        super().__init__("tcp://head:1", None, print)
        self.there = nodes
        self.opened = False

    @property
    def is_up(self) -> bool:
        return self.opened

    async def open(self) -> None:
        self.opened = True

    async def nodes(self) -> Collection[str]:
        return self.there.keys()

    async def call(self, where: str, function: Any, *arguments: Any, patience: float = 0.0) -> Any:
        assert function is node.facts
        if (facts := self.there[where]) is None:
            raise LinkError(f"{where} does not answer.")
        return {**FACTS, "name": where, **facts}


FACTS = {
    "host": "vm",
    "version": tui_lab.__version__,
    "threads": 2,
    "cards": [],
    "attempts": [],
}


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def roster_of(link: FakeLink, said: list[str], clock: Clock | None = None) -> Roster:
    supply = FoundScheduler(link.address)
    clock = clock or Clock()
    return Roster(supply, print, said.append, connect=lambda *_: link, clock=clock)


def node_with(cards: tuple[str, ...], threads: int = 2) -> RemoteNode:
    return RemoteNode(FakeLink({}), "tcp://a:1", "box", "vm", threads, cards)


def test_there_is_room_for_a_run_on_each_card_else_on_each_core() -> None:
    first = Slot("box card 0", "cuda:0", {"CUDA_VISIBLE_DEVICES": "0"})
    other = Slot("box card GPU-7", "cuda:0", {"CUDA_VISIBLE_DEVICES": "GPU-7"})
    cores = [Slot("box core 0", "cpu"), Slot("box core 1", "cpu")]
    with_cards = node_with(("0", "GPU-7"))
    assert list(with_cards.slots("auto")) == list(with_cards.slots("cuda")) == [first, other]
    assert list(with_cards.slots("cpu")) == list(node_with(()).slots("auto")) == cores
    assert list(node_with(()).slots("cuda")) == []


@pytest.mark.parametrize(("named", "found"), [("1,GPU-7", ["1", "GPU-7"]), ("", []), ("-1", [])])
def test_a_node_has_the_cards_that_its_environment_leaves(named: str, found: list[str]) -> None:
    assert cards({"CUDA_VISIBLE_DEVICES": named}) == found


async def test_a_node_of_another_version_is_not_used_and_that_is_said_once() -> None:
    said: list[str] = []
    found = roster_of(FakeLink({"old": {"version": "0.0.1"}, "new": {}}), said)
    for _ in range(3):
        await found.tend()
    assert set(found.nodes) == {"new"}
    assert [each for each in said if each.startswith("old can't be used. It has tui-lab 0.0.1")]
    assert len([each for each in said if "old" in each]) == 1


async def test_a_node_that_does_not_answer_is_asked_again() -> None:
    link, clock = FakeLink({"slow": None, "quick": {}}), Clock()
    found = roster_of(link, [], clock)
    await found.tend()
    assert set(found.nodes) == {"quick"}
    link.there = {"slow": {}, "quick": {}}
    await found.tend()
    assert set(found.nodes) == {"quick"}
    clock.time = 61.0
    await found.tend()
    assert set(found.nodes) == {"slow", "quick"}


async def test_a_node_that_is_gone_is_told_to_who_waits_for_it() -> None:
    said: list[str] = []
    link = FakeLink({"one": {}})
    found = roster_of(link, said)
    await found.tend()
    (one,) = found.nodes.values()
    link.there = {}
    await found.tend()
    assert one.gone.is_set()
    assert said[-1] == "vm:one is gone."
