"""A figure becomes rows of text: right places, nothing lost, and nothing drawn twice."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest

from tests.plots.plotted import STEPS, in_dots, line, rows
from tui_lab.plots.plot import draw, same, text
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Field, Figure, Line, Mark, Role

ROLES: tuple[Role, ...] = get_args(Role)


class TestPicture:
    """Whole charts, compared as text."""

    def test_a_straight_line_goes_from_corner_to_corner(self) -> None:
        figure = Figure((line([0.0, 10.0], [0.0, 10.0]),), x_range=(0, 10))
        assert rows(figure, 24, 8) == [
            "10┤                 ⢀⡠⠔⠊",
            "  │              ⣀⠤⠊⠁",
            " 5┤          ⢀⡠⠔⠉",
            "  │       ⣀⠔⠊⠁",
            "  │   ⢀⡠⠒⠉",
            " 0┤⡠⠔⠊⠁",
            "  └┬─────────┬─────────┬",
            "   0         5       10",
        ]

    def test_ascii_uses_ascii_alone(self) -> None:
        figure = Figure(
            (line(STEPS), Line("test", STEPS, STEPS / 2, "second")),
            marks=(Mark(50.0, "a", "λ 3 → 10"),),
        )
        drawn = "".join(rows(figure, 60, 16, marker="ascii"))
        assert drawn.isascii()
        assert {"*", "+", ":", "a", "|"} <= set(drawn)

    def test_without_colour_each_line_has_a_character_of_its_own(self) -> None:
        lines = [Line(role, STEPS, STEPS * (k + 1), role) for k, role in enumerate(ROLES[:3])]
        drawn = "".join(rows(Figure(tuple(lines)), 60, 16, colour=False))
        assert "+" in drawn
        assert "o" in drawn
        assert any(map(in_dots, drawn))

    def test_neighbours_differ_in_more_than_colour(self) -> None:
        def dots(role: Role) -> int:
            drawn = "".join(rows(Figure((Line("a", STEPS, STEPS, role),)), 60, 16))
            return sum((ord(sign) - 0x2800).bit_count() for sign in drawn if in_dots(sign))

        assert dots("second") < 0.8 * dots("first")
        assert dots("third") == dots("first")

    def test_a_mark_is_a_dashed_line_with_its_letter_on_top(self) -> None:
        figure = Figure((line(np.zeros(101), np.arange(101.0)),), marks=(Mark(50.0, "a", "x"),))
        drawn = rows(figure, 43, 10)
        column = drawn[0].index("a")
        assert all(row[column] == "╎" for row in drawn[1:4])

    def test_marks_in_one_column_stand_one_below_the_other(self) -> None:
        marks = (Mark(50.0, "a", "x"), Mark(50.1, "b", "y"))
        drawn = rows(Figure((line(STEPS),), marks=marks))
        column = drawn[0].index("a")
        assert drawn[1][column] == "b"

    def test_marks_outside_the_axis_are_left_out(self) -> None:
        figure = Figure((line(STEPS),), marks=(Mark(5000.0, "a", ""), Mark(math.nan, "b", "")))
        assert "╎" not in "".join(rows(figure))

    def test_few_bars_are_solid_and_alike(self) -> None:
        drawn = rows(Figure((line([1.0, 2.0, 2.0, 4.0]),), bars=True), 43, 10)
        assert drawn[-3].count("█") % 4 == 0
        assert drawn[0].count("█") * 4 == drawn[-3].count("█")

    def test_bars_below_zero_hang_from_it(self) -> None:
        drawn = rows(Figure((line([1.0, -1.0]),), bars=True), 43, 10)
        assert drawn[0].rstrip("█ ") != drawn[0].rstrip()
        assert drawn[0].index("█") < drawn[-3].index("█")

    def test_points_of_a_reference_lie_on_the_bars(self) -> None:
        bars = line(np.linspace(-1, 1, 200))
        reference = Line("true", bars.x, np.full(200, 0.5), "second", points=True)
        assert any("•••••" in row for row in rows(Figure((reference, bars), bars=True), 60, 12))

    def test_a_field_reads_without_colours(self) -> None:
        x = np.linspace(-1, 1, 21)
        z = x[None] ** 2 + x[:, None] ** 2
        drawn = rows(Figure(field=Field(x, x, z)), 43, 14)
        middle, corner = drawn[5][20:24], drawn[0][-4:]
        assert middle.strip() == ""
        assert set(corner) == {"▒"}

    def test_a_field_has_shades_behind_it_where_there_are_colours(self) -> None:
        from rich.style import Style

        shades = tuple(Style(bgcolor=f"color({n})") for n in range(4))
        x = np.linspace(0, 1, 5)
        drawing = draw(Figure(field=Field(x, x, np.outer(x, x))), 40, 10, PlotStyle(shades=shades))
        seen = {segment.style.bgcolor for row in drawing.rows for segment in row if segment.style}
        assert len(seen - {None}) == 4

    def test_words_stand_on_the_axis_where_they_are_given(self) -> None:
        figure = Figure(
            (line([1, 2, 3]),), bars=True, tick_labels=((1, "w"), (2, "b\x1b[31m"), (3, "猫"))
        )
        last = rows(figure)[-1]
        assert "w" in last
        assert "\x1b" not in last
        assert "猫" not in last

    @pytest.mark.parametrize("figure", [Figure(), Figure((line([]),)), Figure(note="no data yet")])
    def test_nothing_says_so(self, figure: Figure) -> None:
        assert any("no data yet" in row for row in rows(figure))

    def test_below_the_least_size_the_last_value_is_said_in_words(self) -> None:
        assert rows(Figure((line([1.0, 0.25]),)), 11, 3) == ["train 0.25", "", ""]


class TestLost:
    """What has no place on an axis is counted and marked at the edge it left by."""

    def test_non_finite_values_are_counted_with_the_first_of_them(self) -> None:
        drawing = draw(Figure((line([1, 2, math.inf, math.nan, 3, -math.inf]),)), 40, 10)
        assert (drawing.nonfinite, drawing.first_nonfinite) == (3, 3.0)

    def test_they_are_marked_where_they_left(self) -> None:
        drawn = rows(Figure((line([1, 2, math.inf, math.nan, 3, -math.inf]),)))
        assert drawn[0].count("↑") == drawn[0].count("×") == 1
        assert drawn[0].index("↑") < drawn[0].index("×")
        assert drawn[-3].count("↓") == 1

    def test_a_logarithmic_axis_marks_zero_and_below(self) -> None:
        drawing = draw(Figure((line([1, 0, -3, 100]),), log_y=True), 40, 10)
        assert (drawing.nonfinite, drawing.off_scale) == (0, 2)
        assert text(drawing).count("↓") == 2

    def test_a_shadow_is_not_counted_twice(self) -> None:
        raw = Line("train", STEPS, np.full(100, np.nan), "muted")
        smooth = Line("train", STEPS, np.full(100, np.nan))
        assert draw(Figure((raw, smooth)), 40, 10).nonfinite == 100
        assert draw(Figure((raw,)), 40, 10).nonfinite == 100

    def test_nan_is_a_gap(self) -> None:
        y = np.where((STEPS > 40) & (STEPS < 60), np.nan, 1.0)
        drawn = rows(Figure((line(y),), x_range=(1, 100)), 53, 12)
        (curve,) = [row for row in drawn if sum(map(in_dots, row)) > 20]
        gap = [x for x, sign in enumerate(curve) if sign == " " and x > 4]
        assert len(gap) == pytest.approx(9, abs=2)
        assert gap == list(range(gap[0], gap[-1] + 1))
        assert drawn[0].count("×") == pytest.approx(10, abs=2)


class TestSame:
    """Comparing figures saves drawing them."""

    def test_equal_data_are_the_same(self) -> None:
        one, other = (Figure((line([1.0, math.nan]),), log_y=True) for _ in range(2))
        assert same(one, other)

    @pytest.mark.parametrize(
        "other",
        [
            Figure((line([1.0, 2.0]),)),
            Figure((line([1.0]),), log_y=True),
            Figure(),
            Figure((line([1.0]),), marks=(Mark(1.0, "a", ""),)),
            None,
        ],
    )
    def test_other_data_or_looks_are_not(self, other: Figure | None) -> None:
        assert not same(Figure((line([1.0]),)), other)
