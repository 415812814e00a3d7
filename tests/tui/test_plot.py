"""A figure becomes rows of text: right places, round ticks, nothing lost, nothing crashes."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_lab.config import Marker
from tui_lab.tui import axes, raster
from tui_lab.tui.axes import Axis, fit
from tui_lab.tui.plot import Drawing, Plot, draw, same, text
from tui_lab.tui.plot_style import PlotStyle
from tui_lab.tui.row_diff import changed
from tui_lab.view_models.figure import Field, Figure, Floats, Line, Mark, Role

ROLES: tuple[Role, ...] = get_args(Role)
STEPS = np.arange(1.0, 101.0)


def line(y: list[float] | Floats, x: list[float] | Floats | None = None) -> Line:
    values = np.asarray(y, np.float64)
    places = np.arange(1.0, len(values) + 1) if x is None else np.asarray(x, np.float64)
    return Line("train", places, values)


def in_dots(sign: str) -> bool:
    """Whether a character is braille with at least one dot."""
    return "\u2800" < sign <= "\u28ff"


def rows(figure: Figure, width: int = 40, height: int = 10, **looks: object) -> list[str]:
    return text(draw(figure, width, height, PlotStyle(**looks))).split("\n")  # type: ignore[arg-type]


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


class TestDecimation:
    """A line of any length costs the same to draw, and keeps its spikes."""

    @pytest.mark.parametrize("size", [1_000, 65_536])
    def test_a_single_spike_is_seen(self, size: int) -> None:
        y = np.ones(size)
        y[size * 2 // 3] = 100.0
        drawn = rows(Figure((line(y),)), 60, 12)
        tops = [k for k, row in enumerate(drawn[:3]) if any(map(in_dots, row))]
        assert tops

    def test_at_most_two_points_per_column_are_drawn(self) -> None:
        x = np.linspace(0, 1, 10_000)
        thin_x, thin_y = raster.envelope(x, np.sin(x * 900), np.linspace(0, 1, 101))
        assert len(thin_x) == len(thin_y) == 200
        assert thin_y.max() == pytest.approx(1, abs=1e-3)

    def test_what_is_drawn_stays_when_a_curve_grows(self) -> None:
        y = 2 + np.sin(np.arange(4000.0)) * np.exp(-np.arange(4000.0) / 900)
        figures = [Figure((line(y[:size]),), x_range=(0, 4000)) for size in (3000, 3040)]
        plot = Plot()
        before, after = (plot.draw(figure, 100, 30, PlotStyle()).rows for figure in figures)
        differing = changed(before, after)
        assert differing
        assert min(region.x for region in differing) > 70
        assert sum(region.width for region in differing) < 30

    def test_a_path_that_turns_back_is_drawn_as_it_is(self) -> None:
        angle = np.linspace(0, 2 * np.pi, 500)
        drawn = rows(Figure((line(np.sin(angle), np.cos(angle)),)), 40, 14)
        assert all(sum(map(in_dots, row)) >= 2 for row in drawn[1:-3])


class TestAxis:
    """Limits move in jumps and ticks are round."""

    @pytest.mark.parametrize(
        ("extent", "log", "labels"),
        [
            ((0.0, 137.0), False, ["0", "50", "100"]),
            ((0.0, 1.0), False, ["0", "0.5", "1.0"]),
            ((1e-12, 3e-12), False, ["1e-12", "2e-12", "3e-12"]),
            ((0.0, 1e6), False, ["0", "0.5M", "1.0M"]),
            ((-3.0, 2.0), True, ["1e-3", "1"]),
            ((math.log10(0.2), math.log10(0.7)), True, ["0.2", "0.5", "1"]),
            ((0.0, 0.0), False, ["-0.5", "0", "0.5"]),
            ((1e30, 1e30), False, ["5.0e29", "1.0e30", "1.5e30"]),
        ],
    )
    def test_ticks_are_round_and_short(
        self, extent: tuple[float, float], log: bool, labels: list[str]
    ) -> None:
        assert [label for _, label in fit(extent, log=log).ticks(2)] == labels

    def test_limits_stay_while_the_data_stay_within(self) -> None:
        first = fit((0.0, 95.0))
        assert fit((0.0, 97.0), previous=first) is first
        assert fit((0.0, 40.0), previous=first) is first

    def test_limits_that_are_left_get_room_ahead(self) -> None:
        axis, moves = fit((0.0, 1.0)), 0
        for reach in range(2, 1000):
            after = fit((0.0, float(reach)), previous=axis)
            moves += after is not axis
            axis = after
        assert moves < 30

    def test_limits_far_too_wide_are_fitted_again(self) -> None:
        assert fit((0.0, 0.9), previous=fit((0.0, 1000.0))).high < 2

    def test_the_other_scale_starts_afresh(self) -> None:
        assert fit((0.0, 2.0), log=True, previous=fit((0.0, 100.0))) == Axis(0.0, 2.0, True)

    @given(
        st.floats(-1e300, 1e300),
        st.floats(-1e300, 1e300),
        st.booleans(),
        st.integers(1, 40),
    )
    def test_any_limits_have_ticks_within_them(
        self, one: float, other: float, log: bool, most: int
    ) -> None:
        low, high = sorted((one, other) if not log else (one / 1e298, other / 1e298))
        axis = fit((low, high), log=log)
        ticks = axis.ticks(most)
        slack = (axis.high - axis.low) * 1e-6
        assert axis.low - slack <= low <= high <= axis.high + slack
        assert ticks
        assert len(ticks) <= max(2 * most, 3) + 1
        assert all(axis.low - slack <= at <= axis.high + slack for at, _ in ticks)
        assert max(len(label) for _, label in ticks) <= 16

    def test_drawn_units_leave_out_what_has_no_place(self) -> None:
        values = np.array([1.0, 100.0, 0.0, -1.0, math.inf, math.nan])
        np.testing.assert_array_equal(axes.drawn(values, True), [0.0, 2.0, *[math.nan] * 4])


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


NASTY = st.lists(
    st.one_of(
        st.floats(),
        st.sampled_from(
            [0.0, -0.0, 1e30, -1e30, 1e-12, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]
        ),
    ),
    max_size=300,
)


def check_size(drawing: Drawing, width: int, height: int) -> None:
    assert len(drawing.rows) == height
    assert all(row.cell_length == width for row in drawing.rows)


class TestNasty:
    """No data and no size bring the chart down."""

    @settings(max_examples=60, deadline=None)
    @given(
        NASTY,
        NASTY,
        st.integers(1, 130),
        st.integers(1, 45),
        st.sampled_from(["braille", "hd", "ascii"]),
        st.booleans(),
        st.booleans(),
        st.sampled_from(["line", "points", "bars"]),
    )
    def test_any_data_at_any_size(
        self,
        xs: list[float],
        ys: list[float],
        width: int,
        height: int,
        marker: Marker,
        log_x: bool,
        log_y: bool,
        kind: str,
    ) -> None:
        size = min(len(xs), len(ys))
        walk = Line("w", np.array(xs[:size]), np.array(ys[:size]), points=kind == "points")
        steps = Line("s", np.arange(float(len(ys))), np.array(ys, np.float64), "second")
        figure = Figure(
            (walk, steps),
            marks=(Mark(3.0, "a", ""),),
            bars=kind == "bars",
            log_x=log_x,
            log_y=log_y,
        )
        check_size(draw(figure, width, height, PlotStyle(marker)), width, height)

    @settings(max_examples=25, deadline=None)
    @given(st.lists(NASTY, min_size=1, max_size=6), st.booleans())
    def test_one_chart_through_many_figures(self, many: list[list[float]], log: bool) -> None:
        plot = Plot()
        for k, ys in enumerate(many):
            figure = Figure((line(ys),), log_y=log != bool(k % 2))
            check_size(plot.draw(figure, 50, 12, PlotStyle()), 50, 12)

    @pytest.mark.parametrize("extent", [(0.0, 0.0), (5.0, 1.0), (math.nan, 1.0), (0.0, math.inf)])
    def test_a_range_that_makes_no_sense(self, extent: tuple[float, float]) -> None:
        check_size(draw(Figure((line([1, 2]),), x_range=extent), 40, 10), 40, 10)

    def test_a_field_of_nothing_and_of_nan(self) -> None:
        x = np.linspace(0, 1, 3)
        for field in (
            Field(x, x, np.full((3, 3), np.nan)),
            Field(np.zeros(0), np.zeros(0), np.zeros((0, 0))),
            Field(x[:1], x[:1], np.ones((1, 1))),
            Field(x[::-1], x, np.ones((3, 3))),
        ):
            check_size(draw(Figure(field=field), 40, 10), 40, 10)

    def test_all_sizes_up_to_a_chart(self) -> None:
        figure = Figure((line(STEPS),), log_y=True, x_label="step", y_label="loss")
        for width in range(30):
            for height in range(8):
                check_size(draw(figure, width, height), width, height if width else 0)
