"""What the experiment screen has room for: panes, charts and knobs take turns, one can have it all,
and no size is too small or too large."""

from __future__ import annotations

import dataclasses

import pytest
from textual.widgets import Static

from tests.tui.fakes import TOY, FakeSession
from tests.tui.opened import CHANGED, GRADIENTS, MEASURED, STARTED, Opened, attached, live_run
from tui_lab.tui.panes.chart import Chart

SIZES = [
    (20, 6),
    (40, 12),
    (59, 12),
    (60, 25),
    (80, 24),
    (100, 26),
    (120, 40),
    (200, 60),
    (400, 120),
]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("1", "accumulated ×3"),
        ("2", "def step(self, batch):"),
        ("3", "This experiment has curves only."),
        ("4", "A line through points."),
        ("5", "started on cpu"),
    ],
)
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_digits_choose_the_pane(key: str, shown: str, size: tuple[int, int]) -> None:
    lab = attached()
    async with lab.app.run_test(size=size) as pilot:
        await lab.settle(pilot)
        await pilot.press(key)
        await lab.settle(pilot)
        assert shown in lab.text


async def test_charts_and_panes_take_turns_on_a_small_screen() -> None:
    lab = attached()
    async with lab.app.run_test(size=(80, 24)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.charts.display
        assert lab.screen.charts.region.height > 0
        assert lab.screen.panes.region.height == 0
        await pilot.press("2")
        await lab.settle(pilot)
        assert lab.screen.charts.region.height == 0
        assert lab.screen.panes.region.height > 0
        await pilot.press("0")
        await lab.settle(pilot)
        assert lab.screen.charts.region.height > 0


async def test_on_a_narrow_screen_the_knobs_come_when_asked_for() -> None:
    lab = attached()
    async with lab.app.run_test(size=(50, 20)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.knobs.region.width == 0
        await pilot.press("down")
        await lab.settle(pilot)
        assert lab.screen.knobs.region.width == 50
        await pilot.press("escape")
        await lab.settle(pilot)
        assert lab.screen.knobs.region.width == 0


async def test_z_gives_the_focused_chart_the_screen_and_back() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.charts["‖w‖"].focus()
        await pilot.press("z")
        await lab.settle(pilot)
        assert lab.screen.charts["‖w‖"].outer_size.width == 120
        assert lab.screen.charts["loss"].region.width == 0
        assert lab.screen.panes.region.height == 0
        await pilot.press("z")
        await lab.settle(pilot)
        assert lab.screen.charts["loss"].region.width > 0
        assert lab.screen.panes.region.height > 0
        assert lab.screen.knobs.region.width > 0


async def test_z_zooms_the_pane_that_was_opened_last() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("2", "z")
        await lab.settle(pilot)
        assert lab.screen.panes.region.width == 120
        assert lab.screen.charts.region.height == 0


async def test_tab_goes_round_knobs_charts_and_pane() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("tab")
        await lab.settle(pilot)
        seen = []
        for _ in range(4):
            seen.append(lab.app.focused)
            await pilot.press("tab")
            await lab.settle(pilot)
        screen = lab.screen
        assert seen[:1] == [screen.knobs.current]
        assert seen[1:3] == [screen.charts["loss"], screen.charts["‖w‖"]]
        assert seen[3] is screen.panes.gradients
        assert lab.app.focused is screen.knobs.current


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("pane", ["1", "3", "4"])
async def test_tab_stops_only_at_what_is_on_the_screen(size: tuple[int, int], pane: str) -> None:
    lab = attached()
    async with lab.app.run_test(size=size) as pilot:
        await lab.settle(pilot)
        await pilot.press(pane)
        await lab.settle(pilot)
        for _ in range(8):
            await pilot.press("tab")
            await lab.settle(pilot)
            assert lab.screen.focused is not None
            assert lab.screen.focused.region.area > 0


async def test_curves_without_room_wait_behind_a_key() -> None:
    curves = tuple(dataclasses.replace(TOY.pictures[1], title=f"curve {i}") for i in range(5))
    session = FakeSession([dataclasses.replace(TOY, pictures=curves)])
    lab = Opened(STARTED, MEASURED, run=live_run(), session=session)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        seen = set()
        for _ in range(3):
            seen |= {c.title for c in lab.screen.charts.shown}
            assert all(f"{c.title} " in lab.text for c in lab.screen.charts.shown)
            await pilot.press("0")
            await lab.settle(pilot)
        assert seen == {c.title for c in curves}


@pytest.mark.parametrize("size", SIZES)
async def test_no_size_is_too_small_or_too_large(size: tuple[int, int]) -> None:
    lab = attached(CHANGED)
    async with lab.app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in ("2", "3", "4", "5", "1", "z", "z", "0", "down", "right", "tab"):
            await pilot.press(key)
        await pilot.pause()
        for width, height in (SIZES[0], SIZES[-1], SIZES[3]):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
        assert lab.app.crash is None
        assert len(lab.text.splitlines()) == SIZES[3][1]


async def test_the_strip_of_a_small_screen_can_be_clicked() -> None:
    lab = attached()
    async with lab.app.run_test(size=(80, 24)) as pilot:
        await lab.settle(pilot)
        strip = lab.screen.query_one("#strip", Static)
        x = str(strip.content).index("code")
        await pilot.click("#strip", offset=(x, 0))
        await lab.settle(pilot)
        assert lab.screen.panes.current == "code"
        assert isinstance(lab.screen.query(Chart).first(), Chart)


async def test_the_gradients_take_no_more_rows_than_they_have_a_use_for() -> None:
    lab = attached(MEASURED, GRADIENTS)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert lab.screen.panes.outer_size.height == 7
        charts = lab.screen.charts.outer_size.height
        await pilot.press("5")
        await lab.settle(pilot)
        assert lab.screen.panes.outer_size.height > 7
        await pilot.press("1")
        await lab.settle(pilot)
        assert lab.screen.charts.outer_size.height == charts
        lab.screen.panes.gradients.focus()
        await pilot.press("z")
        await lab.settle(pilot)
        assert lab.screen.panes.outer_size.height > charts
