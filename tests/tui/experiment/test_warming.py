"""Protects steps that use every core: the next run's import of torch waits until none is taken, or
until someone turns a knob for the next run."""

from __future__ import annotations

import dataclasses

import pytest

from tests.tui.fakes import TOY, FakeSession
from tests.tui.opened import FINISHED, MEASURED, STARTED, Opened, attached
from tui_lab.events import RunEvent, RunPaused

PAUSED = RunPaused(t=1.2, step=9)


def warmed(lab: Opened) -> int:
    """How often the session was asked to make a worker ready, since the last question."""
    times = lab.session.calls.count(("warm",))
    lab.session.calls[:] = [call for call in lab.session.calls if call != ("warm",)]
    return times


@pytest.mark.parametrize(("event", "times"), [(MEASURED, 0), (PAUSED, 1), (FINISHED, 1)])
async def test_the_next_worker_is_made_ready_once_a_run_holds_still(
    event: RunEvent, times: int
) -> None:
    lab = attached(STARTED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert warmed(lab) == 1  # as the screen opened
        lab.session.record(lab.screen.run.id, event)
        await lab.settle(pilot)
        assert warmed(lab) == times


@pytest.mark.parametrize(("knob", "times"), [("weight_decay", 0), ("implementation", 1)])
async def test_a_knob_for_the_next_run_makes_its_worker_ready(knob: str, times: int) -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        warmed(lab)
        lab.screen.knobs[knob].focus()
        await pilot.press("right")
        await lab.settle(pilot)
        assert warmed(lab) == times


async def test_a_demonstration_makes_it_ready_once_it_is_drawn() -> None:
    session = FakeSession([dataclasses.replace(TOY, demonstration=True)])
    lab = Opened(session=session)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.session.record(lab.screen.run.id, STARTED)
        await lab.settle(pilot)
        warmed(lab)
        lab.session.record(lab.screen.run.id, MEASURED)
        await lab.settle(pilot)
        assert warmed(lab) == 1
