"""Protects the line of keys: it names what the keys do now, drops what has no room but never the
key for help, and a click on a key presses it."""

from __future__ import annotations

import pytest

from tests.tui.opened import attached
from tui_lab.tui.widgets.key_line import Key, KeyLine, fitting

KEYS = (
    Key("r", "r", "run"),
    Key("space", "space", "pause", enabled=False),
    Key("question_mark", "?", "help"),
    Key("q", "q", "quit"),
)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (40, "run pause help quit"),
        (30, "run pause help"),
        (20, "run help"),
        (3, "help"),
    ],
)
def test_where_there_is_no_room_help_stays(width: int, shown: str) -> None:
    assert " ".join(key.description for key in fitting(KEYS, width)) == shown


def test_a_key_that_does_nothing_now_is_dim() -> None:
    run, pause, *_ = KEYS
    assert "dim" in pause.content.markup
    assert "dim" not in run.content.markup


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
    async with lab.app.run_test(size=(80, 24)) as pilot:
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


async def test_a_click_presses_the_key() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        line = lab.screen.query_one(KeyLine)
        place = str(line.render()).index("runs")
        await pilot.click(KeyLine, offset=(place + 1, 0))
        await pilot.pause()
        assert type(lab.app.screen).__name__ == "RunsScreen"
