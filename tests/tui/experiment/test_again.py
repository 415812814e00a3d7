"""A run started while this lab's last one is live: asked once what becomes of that one, so that
none trains unseen."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fakes import FakeSession
from tests.tui.opened import Opened, attached, live_run
from tui_lab.config import Again, Settings, default_again
from tui_lab.errors import UsageError
from tui_lab.tui.dialogs.again import AgainDialog


def opened(again: Again = "ask") -> Opened:
    return Opened(session=FakeSession(settings=Settings(again=again)))


def stopped(lab: Opened) -> list[str]:
    return [call[1] for call in lab.session.calls if call[0] == "stop"]


async def press(lab: Opened, pilot: Pilot[Any], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await lab.settle(pilot)


@pytest.mark.parametrize(
    ("answer", "runs", "ends"),
    [("r", 2, True), ("b", 2, False), ("escape", 1, False), ("c", 1, False)],
)
async def test_r_asks_while_the_last_run_is_live(answer: str, runs: int, ends: bool) -> None:
    lab = opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await press(lab, pilot, "r")
        first = lab.screen.run.id
        await press(lab, pilot, "r")
        assert isinstance(lab.app.screen, AgainDialog)
        assert first in lab.text
        assert len(lab.started) == 1
        await press(lab, pilot, answer)
        assert len(lab.started) == runs
        assert stopped(lab) == ([first] if ends else [])
        assert (lab.screen.run.id != first) == (runs == 2)
        goes_on = [f"{first} goes on; h lists it."] if answer == "b" else []
        assert lab.told == goes_on


@pytest.mark.parametrize(("answer", "ends"), [("R", 2), ("B", 0)])
async def test_it_asks_no_more_when_told_so(answer: str, ends: int) -> None:
    lab = opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await press(lab, pilot, "r", "r", answer, "r")
        assert len(lab.started) == 3
        assert len(stopped(lab)) == ends
        assert lab.app.screen is lab.screen


@pytest.mark.parametrize(("again", "ends"), [("replace", 1), ("beside", 0)])
async def test_a_setting_answers_for_the_person(again: Again, ends: int) -> None:
    lab = opened(again)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await press(lab, pilot, "r", "R")
        assert [call[3] for call in lab.started] == [0, 1]
        assert len(stopped(lab)) == ends


async def test_a_run_that_has_ended_is_in_nobodys_way() -> None:
    lab = opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await press(lab, pilot, "r", "t", "r")
        assert len(lab.started) == 2


async def test_the_run_of_another_lab_is_none_of_its_business() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await press(lab, pilot, "r")
        assert len(lab.started) == 1
        assert lab.told == [f"{live_run().id} goes on; h lists it."]


async def test_values_that_can_not_be_are_said_before_anything_is_asked() -> None:
    lab = opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await press(lab, pilot, "r")
        lab.screen.knobs["weight_decay"].focus()
        await press(lab, pilot, "9", "9", "9")
        lab.screen.succession.begin()
        await lab.settle(pilot)
        assert lab.app.screen is lab.screen
        assert len(lab.started) == 1


def test_the_environment_may_hold_the_setting() -> None:
    assert default_again({}) == "ask"
    assert default_again({"TUI_LAB_AGAIN": "beside"}) == "beside"
    with pytest.raises(UsageError, match="is ask, replace or beside, not 'never'"):
        default_again({"TUI_LAB_AGAIN": "never"})
