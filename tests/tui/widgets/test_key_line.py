"""Protects the line of keys: it names what the keys do now, drops what has no room but never the
keys for help, the way out and the palette, and a click on a key presses it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.tui.fakes import FakeSession
from tests.tui.opened import attached
from tests.tui.places import LIVE, PLACES, until
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.home.screen import HomeScreen
from tui_lab.tui.runs.screen import RunsScreen
from tui_lab.tui.widgets.key_line import Key, KeyLine, fitting

KEYS = (
    Key("r", "r", "run"),
    Key("space", "space", "pause", enabled=False),
    Key("question_mark", "?", "help"),
    Key("q", "q", "quit"),
    Key("h", "h", "runs"),
    Key("ctrl+p", "^p", "palette"),
)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (56, "run pause help quit runs palette"),
        (48, "run pause help quit palette"),
        (46, "run pause help quit palette"),
        (40, "run help quit palette"),
        (26, "help quit palette"),
        (20, "help quit"),
        (14, "help quit"),
        (3, "help"),
    ],
)
def test_where_there_is_no_room_help_stays(width: int, shown: str) -> None:
    assert " ".join(key.description for key in fitting(KEYS, width)) == shown


def test_a_key_that_does_nothing_now_is_dim() -> None:
    run, pause, *_ = KEYS
    assert "dim" in pause.content.markup
    assert "dim" not in run.content.markup


@pytest.mark.parametrize(
    ("keys", "place"), zip(PLACES, (HomeScreen, ExperimentScreen, RunsScreen), strict=True)
)
async def test_at_80_columns_every_screen_names_help_quit_and_palette(
    session: FakeSession, keys: Sequence[str], place: type
) -> None:
    session.put(LIVE)
    app = TuiLabApp(session)

    def named() -> bool:
        words = " ".join(str(line.render()) for line in app.screen.query(KeyLine))
        return all(each in words for each in ("? help", "q quit", "^p palette"))

    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await until(pilot, lambda: isinstance(app.screen, place) and named())
        assert app.screen.query_one(KeyLine).render().cell_length <= 78


async def test_it_follows_what_the_keys_do() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        line = lab.screen.query_one(KeyLine)
        enabled = {key.description: key.enabled for key in line.keys}
        assert enabled["run"]
        assert enabled["pause"]
        assert len(enabled) == len(line.keys)


async def test_on_a_knob_digits_are_typed_and_esc_is_the_way_to_the_tabs() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        line = lab.screen.query_one(KeyLine)
        assert "1-5 tabs" in line.render().plain
        await pilot.press("down", "down", "7", "enter")
        await lab.settle(pilot)
        assert "esc tabs" in line.render().plain
        assert "1-5" not in line.render().plain
        await pilot.press("escape")
        await lab.settle(pilot)
        assert "1-5 tabs" in line.render().plain
        await pilot.press("4")
        await lab.settle(pilot)
        assert lab.screen.panes.current == "notes"


async def test_the_way_back_is_said_on_a_small_screen_too() -> None:
    lab = attached()
    async with lab.app.run_test(size=(80, 24)) as pilot:
        await lab.settle(pilot)
        await pilot.press("down", "down")
        await lab.settle(pilot)
        words = lab.screen.query_one(KeyLine).render().plain
        assert all(word in words for word in ("esc tabs", "? help", "q quit", "^p palette"))


async def test_a_click_presses_the_key() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        line = lab.screen.query_one(KeyLine)
        place = str(line.render()).index("help")
        await pilot.click(KeyLine, offset=(place + 1, 0))
        await pilot.pause()
        assert type(lab.app.screen).__name__ == "HelpScreen"


async def test_a_window_that_has_no_focus_yet_names_its_keys(session: FakeSession) -> None:
    app = TuiLabApp(session)
    app.set_reactive(TuiLabApp.app_focus, False)  # as for a window of a browser at its start
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.screen.query_one(KeyLine)
        await until(pilot, lambda: bool(line.keys))
        assert "help" in {key.description for key in line.keys}
