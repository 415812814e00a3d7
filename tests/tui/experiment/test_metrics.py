"""Protects the chart of metrics that a person picks: any that a run has, in a chart of their own,
and gone when none is picked."""

from __future__ import annotations

from tests.tui.opened import Opened, attached


async def test_any_metric_of_the_run_can_be_drawn() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("w")
        await pilot.pause()
        assert "Metrics in a chart of their own" in lab.text
        assert "norm/w" in lab.text
        await pilot.press("space", "down", "down", "space", "escape")
        await lab.settle(pilot)

        assert lab.screen.charts.picked == ("norm/w", "train/loss")
        assert "picked ──" in lab.text, lab.text


async def test_what_was_picked_goes_where_it_is_left_out() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("w", "space", "escape")
        await lab.settle(pilot)
        assert "picked ──" in lab.text
        await pilot.press("w", "space", "escape")
        await lab.settle(pilot)

        assert "picked" not in lab.text


async def test_without_a_run_there_is_nothing_to_pick() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("w")
        await pilot.pause()

        assert "Metrics in a chart" not in lab.text
