"""Protects the pace of a screen: one timer looks at the logs, and none when nothing is to come; a
remark in the border of the panes sends its own row, not the panes."""

from __future__ import annotations

import pytest
from textual.geometry import Region

from tests.tui.fakes import summary
from tests.tui.opened import FINISHED, STARTED, attached
from tui_lab.run import RunStatus
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen


async def test_a_screen_begins_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[ExperimentScreen] = []
    monkeypatch.setattr(ExperimentScreen, "begin", lambda screen: begun.append(screen))
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert begun == [lab.screen]


async def test_the_log_of_a_finished_run_is_left_alone_until_another_is_shown() -> None:
    lab = attached()
    assert lab.run is not None
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        awaits = [lab.screen.run.awaits_more]
        lab.session.record(lab.screen.run.id, FINISHED)
        await lab.settle(pilot)
        lab.screen.follow()  # an empty look says that this was all
        awaits.append(lab.screen.run.awaits_more)
        other = summary(2, status=RunStatus.RUNNING, hyperparameters=lab.run.hyperparameters)
        lab.session.put(other)
        lab.session.record(other.id, STARTED)
        lab.screen.open_run(other.id)
        awaits.append(lab.screen.run.awaits_more)
        assert awaits == [True, False, True]


async def test_what_was_painted_first_is_told_once() -> None:
    painted: list[str] = []
    lab = attached()
    app = TuiLabApp(lab.session, when_painted=lambda: painted.append("painted"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert painted == ["painted"]


async def test_a_remark_sends_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        panes = lab.screen.panes
        panes._repaint_regions.clear()
        panes._dirty_regions.clear()
        panes.say("no graph")
        width, height = panes.outer_size
        assert panes._dirty_regions == {Region(0, height - 1, width, 1)}
