"""The help screen cuts nothing, however narrow it is."""

from __future__ import annotations

import pytest
from textual.app import App

from tests.tui.fakes import FakeSession
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.keys.actions import ScreenAction
from tui_lab.tui.keys.help import HelpScreen, KeyTable, key_table

LONG = "Go on to the next phase of a step: forward, backward, update, zero_grad"


def action(tooltip: str, *, enabled: bool = True) -> ScreenAction:
    return ScreenAction(
        id="run.phase",
        label="phase",
        tooltip=tooltip,
        keys=(".",),
        group="Run",
        action="advance",
        node=App[None](),
        enabled=enabled,
        shown=True,
    )


@pytest.mark.parametrize("width", [24, 34, 40, 60, 70, 94])
def test_no_line_is_longer_than_its_room_and_no_word_is_lost(width: int) -> None:
    table = key_table([action(LONG), action(LONG, enabled=False)], width)
    assert max(map(len, (line.rstrip() for line in table.plain.splitlines()))) <= width
    words = table.plain.split()
    once = [".", "phase", *LONG.split(), "·", "run.phase"]
    assert words == [*once, *once[:-2], "(not", "now)", *once[-2:]]


def test_what_goes_on_stands_under_itself() -> None:
    first, second, *_ = key_table([action(LONG)], 60).plain.splitlines()
    assert first.index("Go on") == len(second) - len(second.lstrip())


def test_where_it_is_narrow_it_stands_under_its_words() -> None:
    first, *rest = key_table([action(LONG)], 34).plain.splitlines()
    assert first.split() == [".", "phase"]
    assert {len(line) - len(line.lstrip()) for line in rest} == {first.index("phase")}


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 40)])
async def test_every_explanation_is_on_the_screen(
    session: FakeSession, size: tuple[int, int]
) -> None:
    app = TuiLabApp(session, Opening("toy"))
    async with app.run_test(size=size) as pilot:
        await pilot.press("f1")
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        for table in app.screen.query(KeyTable):
            lines = str(table.content).splitlines()
            assert max(len(line.rstrip()) for line in lines) <= table.size.width
            assert table.size.height == len(lines)
