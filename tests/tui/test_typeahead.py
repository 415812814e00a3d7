"""Keys that come at once do what they do one after another: none gets to who had the focus when the
one before it was pressed."""

from __future__ import annotations

import asyncio

import pytest
from textual.events import Key, Paste
from textual.keys import _character_to_key

from tests.tui.fakes import FakeSession
from tests.tui.listed import ALL, ELSE, OLD, Opened, at_runs, ids
from tests.tui.places import until
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.runs.columns import Order
from tui_lab.tui.runs.screen import RunsScreen


@pytest.fixture
def app(session: FakeSession) -> Opened:
    """The app over five runs."""
    for run in reversed(ALL):
        session.put(run)
    return Opened(session)


def burst(app: TuiLabApp, *keys: str) -> None:
    """Press keys without letting the app do anything between two of them, as a terminal sends them
    that is told to send them all."""
    for key in keys:
        is_character = len(key) == 1
        name = _character_to_key(key) if is_character else key
        app.post_message(Key(name, key if is_character else None))


async def test_what_is_typed_behind_the_key_of_the_filter_is_in_the_filter(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot)
        burst(app, *"/lr>=0.003")
        await until(pilot, lambda: app.runs.filter_text == "lr>=0.003")
        assert app.runs.filter_input.has_focus
        assert app.runs.listing.selected == set()
        burst(app, "escape", "a")
        await until(pilot, lambda: len(app.runs.listing.selected) == len(ALL))
        assert app.runs.filter_text == ""


async def test_a_place_its_filter_and_its_list_are_gone_to_in_one_go(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        burst(app, "h", *"/toy", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.runs.table.has_focus)
        assert app.runs.filter_text == "toy"


async def test_what_is_pasted_waits_its_turn(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot)
        burst(app, "slash")
        app.post_message(Paste("status:failed"))
        burst(app, "enter")
        await until(pilot, lambda: app.runs.filter_text != "" and app.runs.table.has_focus)
        assert ids(app) == [ELSE.id]


async def test_a_form_has_what_is_typed_behind_its_key(app: Opened, session: FakeSession) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot)
        burst(app, "end", "w", *"wide", "tab", *"as asked", "enter")
        await until(pilot, lambda: bool(session.runs.summary(OLD.id).name))
        written = session.runs.summary(OLD.id)
        assert (written.name, written.note) == ("wide", "as asked")


async def test_a_question_has_the_answer_that_is_typed_behind_it(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot)
        arrangement = app.runs.listing.arrangement
        burst(app, "s", "down", "enter", "s", "enter")
        await until(pilot, lambda: arrangement.order == Order("status", falling=True))


async def test_a_number_typed_at_a_knob_is_whole(session: FakeSession) -> None:
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        burst(app, "enter", "down", "down", *"0.0125", "enter")
        await until(pilot, lambda: _weight_decay(app) == 0.0125)


def _weight_decay(app: TuiLabApp) -> object:
    is_there = isinstance(app.screen, ExperimentScreen) and bool(app.screen.query(KnobPanel))
    return app.screen.query_one(KnobPanel).values["weight_decay"] if is_there else None


async def test_who_never_comes_to_an_end_holds_up_no_key_for_long(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot)
        let = asyncio.Event()
        other = app.runs.query_one("#empty")
        other.call_later(let.wait)
        other.call_later(let.wait)
        burst(app, *"/toy")
        async with asyncio.timeout(20):
            while app.runs.filter_text != "toy":
                await asyncio.sleep(0)
        let.set()
