"""Themes draw every screen in colours that terminals have, and no state is told by colour alone."""

from __future__ import annotations

from typing import Any

import pytest
from textual.filter import ANSIToTruecolor, NoColor

from tests.tui.fakes import FakeSession, summary
from tests.tui.places import LIVE, until
from tui_lab.config import Settings
from tui_lab.run import RunStatus
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.runs.table import RunTable
from tui_lab.tui.theme import ANSI_DARK, ANSI_LIGHT, DARK, LIGHT, THEMES, theme_name


async def test_f2_goes_through_the_themes(session: FakeSession) -> None:
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        seen = [app.theme]
        for _ in range(3):
            await pilot.press("f2")
            seen.append(app.theme)
        assert seen == [DARK.name, LIGHT.name, theme_name("ansi"), DARK.name]


@pytest.mark.parametrize("theme", ["dark", "light", "ansi"])
async def test_every_theme_draws_every_screen(theme: Any) -> None:
    session = FakeSession(runs=[LIVE, summary(2)], settings=Settings(theme=theme))
    app = TuiLabApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", "f1", "escape", "ctrl+p", "escape", "g", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        assert app.theme == theme_name(theme)


@pytest.mark.parametrize("no_color", [False, True])
@pytest.mark.parametrize("theme", ["dark", "light", "ansi"])
async def test_the_terminals_own_colours_are_its_own_from_the_start(
    monkeypatch: pytest.MonkeyPatch, theme: Any, no_color: bool
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    app = TuiLabApp(FakeSession(settings=Settings(theme=theme)))
    async with app.run_test(size=(80, 24)) as pilot:
        for current in (theme, *_after(theme)):
            assert app.theme == theme_name(current)
            translated = [f.enabled for f in app._filters if isinstance(f, ANSIToTruecolor)]
            assert translated == [current != "ansi"]
            if no_color and current == theme == "ansi":
                assert any(isinstance(each, NoColor) for each in app._filters)
            await pilot.press("f2")


def _after(theme: str) -> list[Any]:
    order = ["dark", "light", "ansi"]
    place = order.index(theme)
    return [*order[place + 1 :], *order[: place + 1]]


def test_themes_define_the_same_variables() -> None:
    names = [{name for name in theme.variables if "-" in name} for theme in THEMES]
    roles = {name for name in names[0] if name.startswith(("series-", "status-"))}
    assert len(roles) == 12
    assert all(roles <= others for others in names)


def test_ansi_follows_the_terminals_background() -> None:
    assert theme_name("ansi", {"COLORFGBG": "0;15"}) == ANSI_LIGHT.name
    assert theme_name("ansi", {"COLORFGBG": "15;0"}) == ANSI_DARK.name
    assert theme_name("ansi", {}) == ANSI_DARK.name


def test_the_dark_and_light_colours_are_of_the_256() -> None:
    for theme in (DARK, LIGHT):
        for name, colour in {**vars(theme), **theme.variables}.items():
            if isinstance(colour, str) and colour.startswith("#"):
                channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
                cube = all(c in (0, 95, 135, 175, 215, 255) for c in channels)
                grey = len(set(channels)) == 1 and (channels[0] - 8) % 10 == 0
                assert cube or grey, (theme.name, name, colour)


async def test_without_colour_the_state_of_a_run_is_still_told(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    session.put(LIVE)
    session.put(summary(2, status=RunStatus.FAILED, error="broke"))
    app = TuiLabApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.screen.query_one(RunTable)
        await until(pilot, lambda: table.row_count == 2)
        cells = table.get_column("status")
        assert [cell.plain for cell in cells] == ["●", "✗"]
        assert app.no_color
