"""Protects B: how the population of a run is spread, drawn from the logs of its members and taken
away again; no key where a run trained by itself."""

from __future__ import annotations

import dataclasses

from tests.tui.fakes import TOY, FakeSession, summary
from tests.tui.opened import FINISHED, MEASURED, STARTED, Opened, attached
from tui_lab.tui.experiment.run_members import MOST, RunMembers

POPULATION = "toy-20261120-115900-00ff"


def gathered(count: int) -> tuple[FakeSession, list[str]]:
    session, ids = FakeSession([TOY]), []
    for k in range(count):
        run = summary(k + 2, population=POPULATION, member=k)
        columns = {key: [v * (1 + k) for v in values] for key, values in MEASURED.columns.items()}
        session.put(run)
        session.record(run.id, STARTED, dataclasses.replace(MEASURED, columns=columns), FINISHED)
        ids.append(run.id)
    return session, ids


async def test_b_draws_the_band_and_takes_it_away() -> None:
    session, ids = gathered(3)
    session.record(ids[1])
    lab = Opened(run=session.summary(ids[1]), session=session)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert "median" not in lab.text
        await pilot.press("B")
        await lab.settle(pilot)
        assert "test · median" in lab.text
        assert "median and 5–95 % of 3 members, B takes them off" in lab.text
        await pilot.press("B")
        await lab.settle(pilot)
        assert "median" not in lab.text


async def test_a_run_by_itself_has_no_band() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.check_action("chart", ("band",)) is None


async def test_another_run_is_shown_alone() -> None:
    session, ids = gathered(2)
    lab = Opened(run=session.summary(ids[0]), session=session)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("B")
        await lab.settle(pilot)
        lab.screen.open_run(ids[1])
        await lab.settle(pilot)
        assert "median" not in lab.text


def test_of_many_members_so_many_are_followed() -> None:
    session, ids = gathered(2 * MOST + 1)
    now = iter(range(10**6))
    members = RunMembers(session, TOY, clock=lambda: 0.001 * next(now))
    members.show(ids[0])
    assert members.words.startswith("0 of 171 members read")
    for _ in range(100):
        members.read()
        assert members.curves is None or "members read" not in members.words
    assert members.words.startswith("median and 5–95 % of 171 of 513 members, {chart.band=B}")
    assert members.curves is not None
    assert len(members.curves.views) == 171
    assert not members.awaits_more


async def test_a_member_says_that_its_gradients_are_not_watched() -> None:
    started = dataclasses.replace(STARTED, request={"population": POPULATION})
    lab = Opened(started, MEASURED, FINISHED, run=summary(1, population=POPULATION, member=0))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert "Gradients are not watched in a population; run it by itself" in lab.text
