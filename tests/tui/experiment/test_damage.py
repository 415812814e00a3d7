"""Protects a person at the screen from numbers that are not all there: a damaged log says so in the
status line and in the log pane, once."""

from __future__ import annotations

from textual.widgets import RichLog

from tests.tui.fakes import summary
from tests.tui.opened import MEASURED, STARTED, Opened, attached, live_run
from tui_lab.run import RunStatus

SENTENCE = "3 lines of the log are damaged (1 altered, 2 missing); what they held is missing here."


async def test_a_damaged_log_is_said() -> None:
    lab = attached()
    lab.session.damage[live_run().id] = {"missing": 2, "altered": 1}
    async with lab.app.run_test(size=(160, 40)) as pilot:
        await lab.settle(pilot)
        assert SENTENCE in lab.text
        await pilot.press("5")
        await lab.settle(pilot)
        await lab.settle(pilot)
        lines = [line.text.strip() for line in lab.screen.query_one(RichLog).lines]
        assert " ".join(lines).count(SENTENCE) == 1


async def test_a_whole_log_says_nothing() -> None:
    lab = attached()
    async with lab.app.run_test(size=(160, 40)) as pilot:
        await lab.settle(pilot)
        assert "damaged" not in lab.text


async def test_a_finished_run_whose_log_lacks_its_end_says_so() -> None:
    run = summary(1, status=RunStatus.FINISHED)
    lab = Opened(STARTED, MEASURED, run=run)
    async with lab.app.run_test(size=(160, 40)) as pilot:
        await lab.settle(pilot)
        assert "1 line of the log is damaged (missing at the end)" in lab.text


async def test_damage_that_comes_later_is_said_then() -> None:
    lab = attached()
    async with lab.app.run_test(size=(160, 40)) as pilot:
        await lab.settle(pilot)
        lab.session.damage[live_run().id]["repeated"] = 1
        await lab.settle(pilot)
        assert "1 line of the log is damaged (repeated); what it held is missing here." in lab.text
