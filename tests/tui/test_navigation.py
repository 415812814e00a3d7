"""Where keys lead: from place to place, each found as it was left, and to a sentence where
there is nothing, or no room for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.command import CommandPalette
from textual.widgets import Static

from tests.tui.fakes import OTHER, FakeSession, summary
from tests.tui.places import LIVE, PLACES, told, until
from tui_lab.run import RunStatus
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.dialogs.quit import QuitDialog
from tui_lab.tui.dialogs.small import SmallScreen
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.home.screen import HomeScreen
from tui_lab.tui.keys.help import HelpScreen
from tui_lab.tui.runs.screen import RunsScreen


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ((), HomeScreen),
        (("enter",), ExperimentScreen),
        (("enter", "g"), HomeScreen),
        (("enter", "h"), RunsScreen),
        (("enter", "o"), RunsScreen),
        (("enter", "h", "escape"), ExperimentScreen),
        (("enter", "h", "g"), HomeScreen),
        (("h",), RunsScreen),
        (("h", "h"), RunsScreen),
        (("h", "enter"), ExperimentScreen),
        (("h", "o"), ExperimentScreen),
        (("g",), HomeScreen),
        (("question_mark",), HelpScreen),
        (("f1",), HelpScreen),
        (("question_mark", "escape"), HomeScreen),
        (("question_mark", "question_mark"), HomeScreen),
        (("question_mark", "q"), HomeScreen),
        (("question_mark", "down", "j", "up", "k"), HelpScreen),
        (("ctrl+p",), CommandPalette),
        (("ctrl+p", "escape"), HomeScreen),
        (("q",), QuitDialog),
        (("ctrl+q",), QuitDialog),
        (("q", "c"), HomeScreen),
        (("q", "escape"), HomeScreen),
    ],
)
async def test_keys_lead_from_screen_to_screen(
    session: FakeSession, keys: Sequence[str], place: type
) -> None:
    session.put(LIVE)
    session.own.add(LIVE.id)
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await until(pilot, lambda: isinstance(app.screen, place))
        assert len(app.screen_stack) == len(set(app.screen_stack))


async def test_an_experiment_is_found_as_it_was_left(session: FakeSession) -> None:
    app = TuiLabApp(session, Opening("toy", {"lr": 0.25}))
    async with app.run_test(size=(100, 30)) as pilot:
        left = app.screen
        assert isinstance(left, ExperimentScreen)
        assert left.knobs["lr"].value == 0.25
        await pilot.press("g", "down", "enter")
        await until(pilot, lambda: app.screen is not left)
        assert isinstance(app.screen, ExperimentScreen)
        assert app.screen.experiment is OTHER
        app.open_experiment("toy")
        await until(pilot, lambda: app.screen is left)
        assert left.knobs["lr"].value == 0.25


async def test_attaching_brings_back_the_run_and_its_knobs(session: FakeSession) -> None:
    run = summary(3, status=RunStatus.RUNNING, hyperparameters={"weight_decay": 10.0})
    session.put(run)
    app = TuiLabApp(session, Opening("toy", run_id=run.id))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = app.screen
        assert isinstance(screen, ExperimentScreen)
        await until(pilot, lambda: screen.run.feed is not None)
        assert screen.run.id == run.id
        assert screen.knobs["weight_decay"].value == 10.0


async def test_o_on_a_run_lays_it_over_the_experiments_charts(session: FakeSession) -> None:
    first, second = summary(1), summary(2)
    session.put(first)
    session.put(second)
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("h", "space", "space", "o")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        screen = app.screen
        assert isinstance(screen, ExperimentScreen)
        await until(pilot, lambda: len(screen.run.overlays) == 2)


async def test_an_experiment_that_is_gone_is_a_sentence(session: FakeSession) -> None:
    run = summary(1, experiment="gone")
    session.put(run)
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        app.open_run(run.id)
        app.open_run("gone-20261120-110100-ffff")
        await pilot.pause()
        assert told(app) == [
            "There is no experiment 'gone'.",
            "There is no run 'gone-20261120-110100-ffff'.",
        ]
        assert isinstance(app.screen, HomeScreen)


@pytest.mark.parametrize("keys", [*PLACES, ("f1",), ("q",)])
async def test_a_terminal_too_small_says_so_and_recovers(
    session: FakeSession, keys: Sequence[str]
) -> None:
    session.put(LIVE)
    session.own.add(LIVE.id)
    app = TuiLabApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        before = app.screen
        await pilot.resize_terminal(39, 12)
        await until(pilot, lambda: isinstance(app.screen, SmallScreen))
        assert "39×12 is too small; the lab needs 40×12." in small(app)
        await pilot.resize_terminal(20, 6)
        await until(pilot, lambda: "20×6" in small(app))
        await pilot.press("h", "g", "f1", "ctrl+p", "o")
        assert isinstance(app.screen, SmallScreen)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.screen is before)


async def test_a_lab_that_starts_too_small_opens_when_there_is_room(session: FakeSession) -> None:
    app = TuiLabApp(session, Opening("toy"))
    async with app.run_test(size=(20, 6)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SmallScreen))
        await pilot.resize_terminal(400, 120)
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))


def small(app: TuiLabApp) -> str:
    """What the screen of a small terminal says."""
    found = app.screen.query("#small")
    return str(found.first(Static).content) if found else ""
