"""Lines of any length keep their spikes, and no data and no size bring a chart down."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plots.plotted import STEPS, in_dots, line, rows
from tui_lab.config import Marker
from tui_lab.plots import raster
from tui_lab.plots.plot import Drawing, Plot, draw
from tui_lab.plots.row_diff import changed
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Field, Figure, Line, Mark


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

    @pytest.mark.parametrize("kind", ["bars", "line"])
    def test_bars_below_the_smallest_number_on_a_log_axis(self, kind: str) -> None:
        wide = Line("w", np.array([3.67e177, 5e-324]), np.zeros(2))
        narrow = Line("s", np.arange(2.0), np.zeros(2), "second")
        figure = Figure((wide, narrow), bars=kind == "bars", log_x=True)
        for width in (1, 12, 60):
            check_size(draw(figure, width, 4, PlotStyle()), width, 4)

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
