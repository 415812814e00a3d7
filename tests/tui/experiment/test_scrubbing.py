"""Protects looking back: the cursor moves by columns and stays within the run, the screen shows the
step under it, a branch is from there, and now is as it was left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui.opened import CHANGED, GRADIENTS, MEASURED, Opened, attached, live_run
from tui_lab.commands import Pause
from tui_lab.errors import RunError
from tui_lab.tui.dialogs.branch import BranchDialog
from tui_lab.tui.dialogs.number import NumberDialog
from tui_lab.tui.panes.chart import Chart


def steps(lab: Opened) -> list[Any]:
    """The steps that were asked for."""
    return [call[2] for call in lab.session.calls if call[0] == "look_back"]


async def test_the_cursor_opens_at_the_last_step_and_goes_back() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("comma")
        await lab.settle(pilot)
        assert isinstance(lab.screen.focused, Chart)
        assert lab.screen.scrubbing.step == 8
        view = lab.screen.shown.view
        assert view is not None
        assert view.cursor == 8
        await pilot.press("left")
        await lab.settle(pilot)
        stride = lab.screen.shown.steps_per_column
        assert lab.screen.scrubbing.step == max(0, 8 - stride)
        await pilot.press("home")
        await pilot.press("left")
        await lab.settle(pilot)
        assert lab.screen.scrubbing.step == 0
        await pilot.press("end", "shift+right")
        await lab.settle(pilot)
        assert lab.screen.scrubbing.step == 8
        assert lab.session.sent == []


@pytest.mark.parametrize("key", ["space", "escape"])
async def test_now_is_as_it_was_left(key: str) -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        before = lab.screen.knobs.values
        await pilot.press("comma")
        await lab.settle(pilot)
        assert lab.screen.knobs.values["lr"] == 0.5  # as it was then
        await pilot.press(key)
        await lab.settle(pilot)
        assert lab.screen.knobs.values == before
        assert lab.screen.shown.view is (lab.screen.run.feed and lab.screen.run.feed.view)
        await pilot.press("space")
        await lab.settle(pilot)
        assert [command for _, command in lab.session.sent] == [Pause()]


async def test_a_branch_is_from_the_step_under_the_cursor() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("comma", "home", "b")
        await lab.settle(pilot)
        dialog = lab.app.screen
        assert isinstance(dialog, BranchDialog)
        assert dialog.step == 0


async def test_a_step_can_be_typed() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("comma", "enter")
        await lab.settle(pilot)
        dialog = lab.app.screen
        assert isinstance(dialog, NumberDialog)
        await pilot.press("enter")
        assert dialog.complaint == "A whole number from 0 on is needed."
        await pilot.press("5", "enter")
        await lab.settle(pilot)
        assert lab.screen.scrubbing.step == 5
        assert steps(lab)[-1] == 5


async def test_another_run_has_no_cursor() -> None:
    lab = attached(MEASURED, GRADIENTS, CHANGED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("comma")
        await lab.settle(pilot)
        lab.screen.open_run(live_run().id)
        await lab.settle(pilot)
        assert lab.screen.scrubbing.step is None


async def test_what_the_log_knows_comes_first_and_then_what_is_computed_again() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("comma")
        await lab.settle(pilot)
        asked = [call[0] for call in lab.session.calls if call[0] in ("look_back", "recompute")]
        assert asked[:2] == ["look_back", "recompute"]
        view = lab.screen.shown.view
        assert view is not None
        assert view.metrics["train/loss"] == 0.125


async def test_why_a_step_can_not_be_computed_again_is_said() -> None:
    lab = attached()
    lab.session.recompute_error = RunError("There is no usable checkpoint.")
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("comma")
        await lab.settle(pilot)
        assert lab.screen.shown.note == "There is no usable checkpoint."
        assert lab.screen.scrubbing.step == 8  # what the log knows stays
