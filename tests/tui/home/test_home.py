"""The home screen lists what can be opened, keeps up to date, and survives what is broken."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from tests.tui.fakes import OTHER, TOY, FakeSession, summary
from tests.tui.listed import settled
from tui_lab.errors import ExperimentError, HomeError
from tui_lab.run import RunStatus
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.home.screen import RECENT, HomeScreen

SIZES = [(20, 6), (40, 12), (80, 24), (120, 40), (400, 120)]


class Opened(TuiLabApp):
    """Writes down where one would have gone."""

    def __init__(self, session: FakeSession) -> None:
        super().__init__(session)
        self.opened: list[tuple[str, str]] = []

    def open_experiment(self, name: str, *, run_id: str = "", **rest: Any) -> None:
        self.opened.append((name, run_id))


def lines(app: TuiLabApp, selector: str) -> list[str]:
    """The lines of a list on the screen, as plain text."""
    options = app.screen.query_one(selector, OptionList).options
    return [str(option.prompt) for option in options]


def column(app: TuiLabApp, name: str) -> list[str]:
    """A column of the table of runs as text."""
    return [cell.plain.strip() for cell in home(app).runs.get_column(name)]


async def test_experiments_stand_under_their_chapters(session: FakeSession) -> None:
    app = TuiLabApp(session)
    async with app.run_test(size=(120, 40)):
        shown = lines(app, "#experiments")
        assert [line.strip() for line in (shown[0], shown[2])] == ["Basics", "Regularization"]
        assert "A toy" in shown[1]
        assert "toy" in shown[1]
        assert "A line through points." in shown[1]
        assert "Another one" in shown[3]


async def test_a_narrow_screen_says_below_what_the_experiment_is_about(
    session: FakeSession,
) -> None:
    app = TuiLabApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "A line through points." not in lines(app, "#experiments")[1]
        about = app.screen.query_one("#about", Static)
        assert about.content == Content("A line through points.")
        await pilot.press("down")
        assert about.content == Content("Something else.")


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60)])
async def test_the_whole_summary_of_the_chosen_experiment_is_read(size: tuple[int, int]) -> None:
    long = dataclasses.replace(TOY, summary="word " * 30 + "the end.")
    app = TuiLabApp(FakeSession([long, OTHER]))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        about = app.screen.query_one("#about", Static)
        place = about.region
        strips = app.screen._compositor.render_strips()[place.y : place.bottom]
        shown = " ".join("".join(s.text for s in strip).strip() for strip in strips)
        assert " ".join(shown.split()) == long.summary
        await pilot.press("down")
        await pilot.pause()
        assert about.region == place


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("another", ["other"]),
        ("BASICS", ["toy"]),
        ("line toy", ["toy"]),
        ("zzz", []),
        ("", ["toy", "other"]),
    ],
)
async def test_the_filter_leaves_what_has_all_words(
    session: FakeSession, words: str, names: list[str]
) -> None:
    app = Opened(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *words.replace(" ", "_"), "x")
        home(app).filter_input.value = words
        await pilot.pause()
        listed = [each.id for each in home(app).experiments.options if each.id]
        assert listed == names
        assert home(app).query_one("#unmatched").display is not bool(names)
        if words and names:
            await pilot.press("enter", "enter")
            assert app.opened == [(names[0], "")]
        await pilot.press("escape")
        assert [each.id for each in home(app).experiments.options if each.id] == ["toy", "other"]
        assert home(app).experiments.has_focus


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (["enter"], "toy"),
        (["down", "enter"], "other"),
        (["j", "enter"], "other"),
        (["j", "k", "enter"], "toy"),
        (["down", "up", "enter"], "toy"),
    ],
)
async def test_arrows_and_letters_choose_and_enter_opens(
    session: FakeSession, keys: Sequence[str], name: str
) -> None:
    app = Opened(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        assert app.opened == [(name, "")]


@pytest.mark.parametrize("key", ["tab", "shift+tab"])
async def test_enter_on_a_run_opens_it_in_its_experiment(session: FakeSession, key: str) -> None:
    run = summary(1, experiment="other")
    session.put(run)
    app = Opened(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(app, pilot)
        await pilot.press(key)
        await pilot.press("enter")
        assert app.opened == [("other", run.id)]


async def test_live_runs_come_first_and_the_title_counts_them(session: FakeSession) -> None:
    for number in range(1, RECENT + 4):
        session.put(summary(number))
    session.put(summary(1, experiment="other", status=RunStatus.RUNNING))
    app = TuiLabApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await listed(app, pilot)
        shown = column(app, "status")
        assert shown[0] == "● running"
        assert len(shown) == RECENT + 1
        title = app.screen.query_one("#runs").border_title
        assert title == f"Runs · 1 live · {RECENT + 4} in all"


async def test_no_runs_says_how_to_make_one(session: FakeSession) -> None:
    app = TuiLabApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(app, pilot)
        assert app.screen.query_one("#empty").display
        assert not home(app).runs.display
        session.put(summary(1))
        home(app).refresh_runs()
        await settled(pilot)
        assert not app.screen.query_one("#empty").display
        assert home(app).runs.display


async def test_a_run_that_moves_on_is_shown_where_it_is_now(session: FakeSession) -> None:
    run = summary(1, status=RunStatus.RUNNING, step=3)
    session.put(run)
    app = TuiLabApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await listed(app, pilot)
        assert column(app, "step") == ["3"]
        session.put(summary(1, status=RunStatus.FINISHED, step=400))
        home(app).refresh_runs()
        await settled(pilot)
        assert column(app, "status") == ["✓ finished"]
        assert column(app, "step") == ["400"]


@pytest.mark.parametrize("runs", [0, 3])
async def test_nothing_is_drawn_while_nothing_happens(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    for number in range(runs):
        session.put(summary(number))
    app = TuiLabApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await listed(app, pilot)
        await pilot.pause()
        drawn: list[object] = []
        monkeypatch.setattr(home(app).runs, "refresh", lambda *args, **how: drawn.append(args))
        session.clock.advance(1)
        home(app).refresh_runs()
        await settled(pilot)
        assert drawn == []


async def test_the_cursor_stays_on_its_run_when_newer_ones_arrive(session: FakeSession) -> None:
    first = summary(1)
    session.put(first)
    app = TuiLabApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await listed(app, pilot)
        await pilot.press("tab")
        assert home(app).runs.current == first.id
        session.put(summary(2))
        home(app).refresh_runs()
        await settled(pilot)
        assert home(app).runs.current == first.id
        assert len(column(app, "status")) == 2


async def test_a_broken_experiment_is_one_line_of_plain_text() -> None:
    broken = ExperimentError("The experiment [red]x[/red]\x1b[2J can't be loaded: ImportError().")
    app = TuiLabApp(FakeSession(experiments=[TOY, broken, OTHER]))
    async with app.run_test(size=(80, 24)):
        notices = app.screen.query_one("#notices", Static)
        assert notices.display
        assert "[red]x[/red] [2J can't be loaded" in str(notices.content)
        assert len(lines(app, "#experiments")) == 4


async def test_runs_that_cannot_be_listed_are_a_sentence(session: FakeSession) -> None:
    session.runs_error = HomeError("The runs can't be listed.")
    app = TuiLabApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "The runs can't be listed." in [note.message for note in app._notifications]


@pytest.mark.parametrize("size", SIZES)
async def test_no_size_is_too_small_or_too_large(
    session: FakeSession, size: tuple[int, int]
) -> None:
    session.put(summary(1))
    app = TuiLabApp(session)
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "tab", "up")
        for other in SIZES:
            await pilot.resize_terminal(*other)
        assert app.is_running


async def listed(app: TuiLabApp, pilot: Pilot[Any]) -> None:
    """Wait until the runs have been looked at, which the first paint does not wait for."""
    async with asyncio.timeout(20):
        while not str(home(app).runs.border_title).endswith("in all"):
            await pilot.pause()


def home(app: TuiLabApp) -> HomeScreen:
    """The home screen, on top."""
    assert isinstance(app.screen, HomeScreen)
    return app.screen
