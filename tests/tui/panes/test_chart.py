"""The chart on a screen: it sends what changed and no more, and outlives every size and theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.screen import Screen

from tests.tui.charted import LOSS, STEPS, TOTAL, ChartApp, growing, texts
from tui_lab.tui.panes.chart import Chart
from tui_lab.view_models.figure import Figure, Line


class Repaints(Chart):
    """A chart that writes down what it asks to be painted again."""

    def __init__(self, title: str = "loss", **rest: Any) -> None:
        self.painted: list[tuple[Region, ...]] = []
        super().__init__(title, **rest)

    def refresh(self, *regions: Region, **rest: Any) -> Any:
        self.painted.append(regions or self._border_row)
        return super().refresh(*regions, **rest)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Callable[[App[Any]], int]:
    """Characters written to the terminal since it was last asked."""
    counts: list[int] = []
    display = App._display

    def counted(self: App[Any], screen: Screen[Any], renderable: Any) -> None:
        if hasattr(renderable, "render_segments"):
            counts.append(len(renderable.render_segments(self.console).encode()))
        display(self, screen, renderable)

    def since(app: App[Any]) -> int:
        total = sum(counts)
        counts.clear()
        return total

    monkeypatch.setattr(App, "_display", counted)
    return since


async def test_the_same_figure_sends_nothing(sent: Callable[[App[Any]], int]) -> None:
    app = ChartApp(Repaints())
    async with app.run_test(size=(100, 30)) as pilot:
        app.chart.show(growing(200), [("first", "train 1.2")])
        await pilot.pause()
        assert sent(app) > 0
        app.chart.painted.clear()  # type: ignore[attr-defined]
        app.chart.show(growing(200), [("first", "train 1.2")])
        await pilot.pause()
        assert app.chart.painted == []  # type: ignore[attr-defined]
        assert sent(app) == 0


async def test_a_growing_curve_sends_less_than_a_kilobyte(
    sent: Callable[[App[Any]], int],
) -> None:
    app = ChartApp(Chart("loss"))
    async with app.run_test(size=(100, 30)) as pilot:
        app.chart.show(growing(100), [("first", "train 9.9")])
        await pilot.pause()
        full = sent(app)
        updates = []
        for size in range(104, 200, 4):
            app.chart.show(growing(size), [("first", f"train {LOSS[size]:.3g}")])
            await pilot.pause()
            updates.append(sent(app))
        assert all(updates)
        assert sum(updates) / len(updates) < 1000 < full


async def test_only_changed_cells_are_painted() -> None:
    chart = Repaints()
    async with ChartApp(chart).run_test(size=(100, 30)) as pilot:
        chart.show(growing(200))
        await pilot.pause()
        chart.painted.clear()
        chart.show(growing(210))
        await pilot.pause()
        (regions,) = chart.painted
        assert 0 < len(regions) < 8
        assert all(region.height == 1 and region.width < 12 for region in regions)


async def test_a_new_title_paints_its_row_of_the_border_alone() -> None:
    chart = Repaints()
    async with ChartApp(chart).run_test(size=(100, 30)) as pilot:
        chart.show(growing(200), [("first", "train 1")])
        await pilot.pause()
        chart.painted.clear()
        chart.show(growing(200), [("first", "train 2")])
        await pilot.pause()
        assert chart.painted == [(Region(-1, -1, 100, 1),)]


async def test_another_marker_draws_anew() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        chart.show(growing(50))
        await pilot.pause()
        chart.marker = "ascii"
        await pilot.pause()
        assert "".join(texts(chart)).isascii()


async def test_a_logarithmic_axis_comes_with_the_next_figure() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        for log in (False, True, False, True):
            chart.show(Figure((Line("train", STEPS, LOSS),), log_y=log))
            await pilot.pause()
            labels = [text.split("┤")[0].strip() for text in texts(chart) if "┤" in text]
            assert ("0.1" in labels) == log


async def test_it_survives_every_size() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(120, 40)) as pilot:
        chart.show(growing(300), [("first", "train 1")])
        for width, height in ((120, 40), (20, 6), (50, 12), (3, 3), (2, 2), (400, 120)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            if not chart.size:
                continue  # nothing but the frame is left
            assert len(texts(chart)) == chart.size.height
            assert {len(text) for text in texts(chart)} <= {chart.size.width}
        assert any("\u2800" < sign <= "\u28ff" for sign in "".join(texts(chart)))


async def test_a_theme_gives_it_other_colours() -> None:
    chart = Chart("loss")
    app = ChartApp(chart)
    async with app.run_test(size=(60, 20)) as pilot:
        chart.show(growing(300))
        await pilot.pause()
        before = chart.rows
        for theme in ("lab-light", "lab-ansi-dark", "textual-dark"):
            app.theme = theme
            await pilot.pause()
            assert chart.rows != before
            assert [row.text for row in chart.rows or ()] == [row.text for row in before or ()]
            before = chart.rows


async def test_it_is_not_drawn_while_it_can_not_be_seen() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        chart.show(growing(10))
        await pilot.pause()
        chart.display = False
        await pilot.pause()
        drawn = chart.drawing
        chart.show(growing(300))
        await pilot.pause()
        assert chart.drawing is drawn
        chart.display = True
        await pilot.pause()
        assert chart.drawing is not drawn
        assert chart.drawing is not None
        assert texts(chart) == [row.text for row in chart.drawing.rows]


async def test_it_catches_up_when_its_screen_comes_back() -> None:
    chart = Chart("loss")
    app = ChartApp(chart)
    async with app.run_test(size=(60, 20)) as pilot:
        chart.show(growing(10))
        await pilot.pause()
        app.push_screen(Screen())
        await pilot.pause()
        chart.show(growing(300))
        await pilot.pause()
        app.pop_screen()
        await pilot.pause()
        await pilot.pause()
        other = Chart("loss")
        fresh = ChartApp(other)
        shown = texts(chart)
    async with fresh.run_test(size=(60, 20)) as pilot:
        other.show(growing(300))
        await pilot.pause()
        assert texts(other) == shown


async def test_it_can_be_told_that_another_run_comes() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        chart.forget_limits()
        for top in (1.0, 1.2, 5.0):
            chart.show(Figure((Line("a", STEPS, np.linspace(0, top, TOTAL)),)))
            await pilot.pause()
        chart.forget_limits()
        chart.show(Figure((Line("a", STEPS, np.linspace(0, 4.0, TOTAL)),)))
        await pilot.pause()
        assert texts(chart)[0].split("┤")[0].strip() == "4.0"


async def test_it_takes_the_focus_and_its_frame_says_so() -> None:
    chart = Chart("loss")
    app = ChartApp(chart)
    async with app.run_test(size=(60, 20)) as pilot:
        chart.show(growing(10), [("first", "train")])
        app.set_focus(None)
        await pilot.pause()
        blurred = chart.styles.border_top
        chart.focus()
        await pilot.pause()
        assert chart.styles.border_top != blurred
        before = texts(chart)
        await pilot.press("left", "right", "up", "down")
        assert texts(chart) == before


async def test_scrolled_out_of_sight_and_back() -> None:
    class Long(App[None]):
        def compose(self) -> ComposeResult:
            with VerticalScroll():
                for _ in range(4):
                    yield Chart("loss")

        CSS = "Chart { height: 15; }"

    app = Long()
    async with app.run_test(size=(60, 20)) as pilot:
        charts = list(app.query(Chart))
        for chart in charts:
            chart.show(growing(200), [("first", "x")])
        await pilot.pause()
        app.query_one(VerticalScroll).scroll_end(animate=False)
        await pilot.pause()
        assert len(texts(charts[-1])) == 13
