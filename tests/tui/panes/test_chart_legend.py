"""The legend, notes and marks of a chart: in its frame where there is room, else above the picture
or left out whole, and told apart without colours."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from tests.tui.charted import LOSS, STEPS, TOTAL, ChartApp, growing, texts
from tui_lab.tui.panes.chart import Chart
from tui_lab.view_models.figure import Figure, Line, Mark, Role


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


async def test_where_x_counts_nothing_no_point_is_the_first() -> None:
    chart = Chart("path")
    async with ChartApp(chart).run_test(size=(100, 30)) as pilot:
        y = np.where(STEPS >= 39, np.nan, LOSS)
        chart.show(Figure((Line("path", -STEPS / 7, y),), x_label="w₁"))
        await pilot.pause()
        assert chart.border_subtitle == "362 non-finite"


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
        said = sum("train · λ" in row for row in texts(chart))
        assert said <= max(0, height - 6) // 3
        if 0 < said < 6:
            assert any(row.rstrip().endswith(f"+{6 - said}") for row in texts(chart))
        assert len(texts(chart)) == height - 2


async def test_one_series_after_the_other_comes_to_the_front() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        two = (Line("a", STEPS, LOSS), Line("b", STEPS, STEPS, "second"))
        chart.show(Figure(two), [("first", "a"), ("second", "b")])
        await pilot.pause()
        assert chart.can_dim
        plain = texts(chart)
        looks = []
        for _ in range(3):
            chart.next_front()
            await pilot.pause()
            style = chart._style
            assert style is not None
            looks.append([role for role, _ in chart._entries(style)])
        assert looks == [["first", "muted"], ["muted", "second"], ["first", "second"]]
        assert texts(chart) == plain


async def test_a_chart_of_one_series_has_nothing_to_dim() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        chart.show(growing(50), [("first", "train")])
        await pilot.pause()
        assert not chart.can_dim


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


async def test_marks_and_their_letters_are_on_screen() -> None:
    chart = Chart("loss")
    async with ChartApp(chart).run_test(size=(60, 20)) as pilot:
        figure = growing(300)
        chart.show(Figure(figure.lines, marks=(Mark(212.0, "a", "λ 3 → 10"),)))
        await pilot.pause()
        assert "a" in texts(chart)[0]
