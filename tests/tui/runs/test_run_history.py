"""The history of runs fills in while it is read, and one look never runs into another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from tests.tui.fakes import NOON, FakeSession, summary
from tui_lab.errors import HomeError
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.runs.history import RunHistory

OLD, MIDDLE, NEW = (summary(number) for number in (1, 2, 3))


class Slow(FakeSession):
    """Gives its lists of runs one by one, when it is let."""

    def __init__(self, *lists: Sequence[RunSummary]) -> None:
        super().__init__()
        self.lists = list(lists)
        self.let = asyncio.Event()
        self.looks = 0

    async def listed(self) -> AsyncIterator[Sequence[RunSummary]]:
        self.looks += 1
        for some in self.lists:
            yield some
            await self.let.wait()


async def listed(history: RunHistory) -> list[tuple[list[str], bool]]:
    """What was known at each turn: the names, and whether that was all."""
    return [([run[-1] for run in history.runs], history.is_complete) async for _ in history.read()]


async def test_runs_are_there_as_they_are_read() -> None:
    session = Slow([NEW], [OLD, MIDDLE])
    session.let.set()
    assert await listed(RunHistory(session)) == [
        (["3"], False),
        (["3", "2", "1"], False),
        (["3", "2", "1"], True),
    ]


async def test_what_was_known_stays_until_it_is_known_to_be_gone() -> None:
    session = Slow([NEW, MIDDLE, OLD])
    session.let.set()
    history = RunHistory(session)
    await listed(history)
    moved = summary(3, step=401)
    session.lists = [[moved], [OLD]]
    assert [names for names, _ in await listed(history)] == [["3", "2", "1"], ["3", "1"]]
    assert list(history.runs.values()) == [moved, OLD]


async def test_what_is_new_or_other_is_told_and_nothing_else() -> None:
    session = Slow([NEW, OLD])
    session.let.set()
    history = RunHistory(session)
    assert [list(changed) async for changed in history.read()] == [[NEW, OLD], []]
    moved = summary(1, step=401)
    session.lists = [[NEW, MIDDLE], [moved]]
    assert [list(changed) async for changed in history.read()] == [[MIDDLE], [moved], []]
    assert list(history.runs.values()) == [NEW, MIDDLE, moved]


async def test_the_newest_by_its_own_word_comes_first() -> None:
    odd = summary(9, created=NOON.replace(year=2020))
    history = RunHistory(FakeSession(runs=[odd, OLD, NEW]))
    await listed(history)
    assert list(history.runs) == [NEW.id, OLD.id, odd.id]


async def test_asked_again_while_it_reads_it_looks_once_more() -> None:
    session = Slow([OLD])
    history = RunHistory(session)
    first = asyncio.ensure_future(listed(history))
    await asyncio.sleep(0)
    assert await listed(history) == []
    assert await listed(history) == []
    session.let.set()
    await first
    assert session.looks == 2


async def test_after_an_error_it_can_be_asked_again(session: FakeSession) -> None:
    session.put(OLD)
    session.runs_error = HomeError("no")
    history = RunHistory(session)
    with pytest.raises(HomeError):
        await listed(history)
    assert not history.is_complete
    session.runs_error = None
    assert (await listed(history))[-1] == (["1"], True)
