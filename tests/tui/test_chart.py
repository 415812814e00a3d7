"""The chart on a screen: it sends what changed and no more, and outlives every size and theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.screen import Screen

from tui_lab.tui.theme import THEMES
from tui_lab.tui.widgets.chart import Chart
from tui_lab.view_models.figure import Figure, Line, Mark, Role

TOTAL = 400
STEPS = np.arange(1.0, TOTAL + 1)
LOSS = 90 * np.exp(-STEPS / 60) * (1 + 0.1 * np.sin(STEPS))


def growing(size: int) -> Figure:
    """The first steps of a run whose length is known."""
    return Figure(
        (Line("train", STEPS[:size], LOSS[:size]),),
        log_y=True,
        x_label="step",
        x_range=(0, TOTAL),
    )


class Repaints(Chart):
    """A chart that writes down what it asks to be painted again."""

    def __init__(self, title: str = "loss", **rest: Any) -> None:
        self.painted: list[tuple[Region, ...]] = []
        super().__init__(title, **rest)

    def refresh(self, *regions: Region, **rest: Any) -> Any:
        self.painted.append(regions or self._border_row)
        return super().refresh(*regions, **rest)


class ChartApp(App[None]):
    """One chart and nothing else."""

    CSS = "Chart { min-height: 1; }"

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self.chart = chart
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "lab-dark"

    def compose(self) -> ComposeResult:
        yield self.chart


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


def texts(chart: Chart) -> list[str]:
    return [row.text for row in chart.rows or ()]


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


async def test_the_border_holds_title_legend_and_notes() -> None:
    chart = Chart("loss (log)")
    async with ChartApp(chart).run_test(size=(100, 30)) as pilot:
        y = np.where(STEPS >= 39, np.nan, LOSS)
        figure = Figure((Line("train", STEPS, y),), x_label="step", x_range=(0, TOTAL))
        chart.show(figure, [("first", "train nan"), ("second", "test [red]0.09[/]")], "a note")
        await pilot.pause()
        subtitle = chart.border_subtitle
        assert chart._border_title is not None
        assert chart._border_title.plain == "loss (log) ── train nan ┄┄ test [red]0.09[/]"
        assert subtitle == "a note · 362 non-finite from step 39 · 1 col = 4.3 steps"


SIX = [(role, f"train · λ {i} 0.001") for i, role in enumerate(get_args(Role)[:6])]


async def test_a_legend_without_room_in_the_border_stands_above_the_picture() -> None:
    chart = Chart("loss (log)")
    async with ChartApp(chart).run_test(size=(50, 20)) as pilot:
        chart.show(growing(50), SIX)
        await pilot.pause()
        assert chart._border_title is not None
        assert chart._border_title.plain == "loss (log)"
        rows = texts(chart)
        assert [row.count("train") for row in rows[:4]] == [2, 2, 2, 0]
        assert all(words in "".join(rows[:3]) for _, words in SIX)
        assert (len(rows), {len(row) for row in rows}) == (18, {48})


async def test_a_legend_that_shrinks_keeps_its_rows_until_the_chart_is_resized() -> None:
    chart = Chart("loss (log)")
    async with ChartApp(chart).run_test(size=(50, 20)) as pilot:
        for value in ("0.001", "1"):
            chart.show(
                growing(50), [("first", f"train and so on {value}"), ("second", "test and so on")]
            )
            await pilot.pause()
            assert texts(chart)[0].startswith(" ── train")
        await pilot.resize_terminal(80, 20)
        await pilot.pause()
        assert "train" not in texts(chart)[0]
        assert "train and so on 1" in str(chart._border_title)


@pytest.mark.parametrize("height", [6, 7, 8, 9, 12, 16])
async def test_a_long_legend_leaves_most_rows_to_the_picture(height: int) -> None:
    chart = Chart("loss (log)")
    async with ChartApp(chart).run_test(size=(24, height)) as pilot:
        chart.show(growing(50), SIX)
        await pilot.pause()
        assert sum("train · λ" in row for row in texts(chart)) == max(0, height - 6) // 3
        assert len(texts(chart)) == height - 2


async def test_a_count_in_the_note_is_not_repeated() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(100, 30)) as pilot:
        figure = Figure((Line("train", STEPS, np.full(TOTAL, np.inf)),))
        chart.show(figure, note="9,000 non-finite from step 1")
        await pilot.pause()
        assert chart.border_subtitle == "9,000 non-finite from step 1"


async def test_notes_without_room_are_left_out_whole() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(46, 20)) as pilot:
        chart.show(growing(50), note="982 non-finite from step 19")
        await pilot.pause()
        assert chart.border_subtitle == "982 non-finite from step 19"


async def test_in_ascii_the_legend_shows_the_character_of_each_line() -> None:
    chart = Chart("loss", marker="ascii")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        chart.show(growing(50), [("first", "train"), ("second", "test")])
        await pilot.pause()
        assert chart._border_title is not None
        assert chart._border_title.plain == "loss ── * train ── + test"
        assert "*" in "".join(texts(chart))


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


async def test_without_colours_lines_differ_by_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        two = (Line("a", STEPS, LOSS), Line("b", STEPS, STEPS, "second"))
        chart.show(Figure(two), [("first", "a"), ("second", "b")])
        await pilot.pause()
        assert chart._border_title is not None
        assert chart._border_title.plain == "loss ── ⠶ a ── + b"
        assert "+" in "".join(texts(chart))


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


async def test_marks_and_their_letters_are_on_screen() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        figure = growing(300)
        chart.show(Figure(figure.lines, marks=(Mark(212.0, "a", "λ 3 → 10"),)))
        await pilot.pause()
        assert "a" in texts(chart)[0]
