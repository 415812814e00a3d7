"""What is copied of a run is the whole of it, and an ended run says it by itself."""

from __future__ import annotations

import pytest

from tests.tui.opened import CHANGED, FINISHED, MEASURED, STARTED, Opened, attached, live_run
from tui_lab.errors import RunUnreadable
from tui_lab.events import RunEvent
from tui_lab.experiment import Experiment
from tui_lab.view_models.card import Card

LINE = "tui-lab run toy implementation=concise lr=0.01 --seed 0"
STEERED = f"{LINE} @9:weight_decay=10"


async def test_y_on_a_run_that_was_steered_copies_all_of_it() -> None:
    lab = attached(CHANGED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert LINE not in lab.text
        await pilot.press("y")
        await lab.settle(pilot)
        assert lab.app.clipboard == STEERED
        assert lab.told == [STEERED]


async def test_an_ended_run_says_what_makes_it_again_in_its_line_and_its_log() -> None:
    lab = Opened(STARTED, MEASURED, CHANGED, FINISHED, run=live_run())
    async with lab.app.run_test(size=(200, 40)) as pilot:
        await lab.settle(pilot)
        await lab.settle(pilot)
        assert lab.text.count(STEERED) == 1
        await pilot.press("5")
        await lab.settle(pilot)
        assert lab.text.count("to run it again: tui-lab run toy") == 1


async def test_a_run_that_ends_before_ones_eyes_says_so_too() -> None:
    lab = attached(CHANGED)
    async with lab.app.run_test(size=(200, 40)) as pilot:
        await lab.settle(pilot)
        lab.session.record(live_run().id, FINISHED)
        await lab.settle(pilot)
        await lab.settle(pilot)
        assert STEERED in lab.text


async def test_what_a_run_can_not_repeat_is_a_comment_and_no_command() -> None:
    lab = attached()

    async def orphaned(run_id: str, experiment: Experiment | None) -> Card:
        return Card(LINE, "Its parent is gone.")

    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.session.card = orphaned  # type: ignore[method-assign]
        await pilot.press("y")
        await lab.settle(pilot)
        assert lab.app.clipboard == LINE
        assert lab.told == [f"{LINE}  # Its parent is gone."]


async def test_a_run_that_can_not_be_read_is_a_sentence() -> None:
    lab = attached()

    async def torn(run_id: str, experiment: Experiment | None) -> Card:
        raise RunUnreadable("It is torn.")

    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.session.card = torn  # type: ignore[method-assign]
        await pilot.press("y")
        await lab.settle(pilot)
        assert lab.told == ["It is torn."]


@pytest.mark.parametrize(("events", "kept"), [((), "done in"), ((CHANGED,), "λ 3 → 10")])
async def test_the_command_takes_the_place_of_nothing_else_in_the_line(
    events: tuple[RunEvent, ...], kept: str
) -> None:
    lab = Opened(STARTED, MEASURED, *events, FINISHED, run=live_run())
    async with lab.app.run_test(size=(80, 24)) as pilot:
        await lab.settle(pilot)
        await lab.settle(pilot)
        assert kept in lab.text.splitlines()[-2]
        assert LINE not in lab.text
