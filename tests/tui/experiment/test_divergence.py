"""Protects what a screen does when its run diverges: one sentence with one number in the header and
the line below, and the chart that shows it comes to the front."""

from __future__ import annotations

import pytest

from tests.tui.opened import attached, live_run
from tui_lab.events import AlarmRaised, MetricsLogged

BEFORE = MetricsLogged(t=0.5, kind="step", first=1, columns={"train/loss": [1.0, 1e30]})
AFTER = MetricsLogged(t=1.0, kind="step", first=3, columns={"train/loss": [float("inf")]})
ALARM = AlarmRaised(t=1.0, step=3, kind="step/first_inf", message="the loss became infinite.")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_curve_comes_to_the_front_and_the_header_says_when(size: tuple[int, int]) -> None:
    lab = attached(BEFORE)
    async with lab.app.run_test(size=size) as pilot:
        await lab.settle(pilot)
        await pilot.press("4")
        await lab.settle(pilot)
        assert "diverged" not in lab.text
        lab.session.record(live_run().id, AFTER, ALARM)
        await lab.settle(pilot)
        assert lab.text.count("diverged at step 3") >= 2
        assert "loss" in lab.text
