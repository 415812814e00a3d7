"""The frame of a chart is plotext's, is kept, and holds new data as a fresh one would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import plotext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plotext._figure import _figure_class
from rich.style import Style

from tests.plots.plotted import STEPS, line, rows
from tests.plots.whole import FIGURES, Whole
from tui_lab.config import Marker
from tui_lab.plots import frame
from tui_lab.plots.axes import Axis
from tui_lab.plots.canvas import LAYERS
from tui_lab.plots.frame import lay_out
from tui_lab.plots.plot import Drawing, Plot
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Figure

LOOKS = {layer: Style(color=f"color({number})") for number, layer in enumerate(LAYERS, 1)}
SHADES = tuple(Style(bgcolor=f"color({number})") for number in range(232, 240))
MARKERS = st.sampled_from(get_args(Marker))
SIZES = st.tuples(st.integers(28, 110), st.integers(6, 32))
"""In fewer columns labels of x compete, and plotext, asked for the whole, lets others win."""


def cells(drawing: Drawing) -> list[list[tuple[str, Style | None]]]:
    return [[(sign, style) for text, style, _ in row for sign in text] for row in drawing.rows]


@pytest.fixture
def laid_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """The size of each frame that plotext is asked for; each has its lower left corner bent."""
    asked: list[tuple[int, int]] = []

    class Watched(_figure_class):  # type: ignore[misc]  # plotext has no types
        def _build_matrix(self) -> None:
            super()._build_matrix()
            asked.append((self._width, self._height))
            self.monitor.matrix.marker[0][0] = "§"

    lay_out.cache_clear()
    monkeypatch.setattr(frame, "_figure_class", Watched)
    yield asked
    lay_out.cache_clear()


class TestEngine:
    """What is taken from plotext, some of it by names that it calls its own."""

    def test_the_names_that_are_used_exist(self) -> None:
        assert plotext.__version__.startswith("5.3.")
        engine = _figure_class()
        for name in ("theme", "scatter", "xlim", "ylim", "xticks", "yticks", "xaxes", "yaxes"):
            assert callable(getattr(engine, name))
        for name in ("_set_size", "_set_sizes", "_build_matrix"):
            assert callable(getattr(engine, name))
        assert hasattr(engine.monitor.matrix, "marker")

    def test_the_frame_is_the_one_that_plotext_made(self, laid_out: list[tuple[int, int]]) -> None:
        assert rows(Figure((line(STEPS),)), 60, 12)[-1].startswith("§")
        assert laid_out == [(60, 12)]


class TestKept:
    """A frame is laid out once per change of limits, ticks or size."""

    def test_new_data_within_the_limits_lay_out_nothing(
        self, laid_out: list[tuple[int, int]]
    ) -> None:
        plot, style = Plot(), PlotStyle()
        for size in range(50, 100):
            plot.draw(Figure((line(STEPS[:size]),), x_range=(0, 100)), 60, 12, style)
        first = len(laid_out)
        assert first < 6  # the limits of y grow in jumps
        plot.draw(Figure((line(STEPS * 5),), x_range=(0, 100)), 60, 12, style)
        assert len(laid_out) == first + 1

    def test_ticks_and_size_lay_it_out_anew(self, laid_out: list[tuple[int, int]]) -> None:
        plot, style = Plot(), PlotStyle()
        figure = Figure((line(STEPS),), x_range=(0, 100))
        named = replace(figure, tick_labels=((50.0, "half"),))
        for shown, width in ((figure, 60), (named, 60), (figure, 70), (figure, 60)):
            plot.draw(shown, width, 12, style)
        assert laid_out == [(60, 12), (60, 12), (70, 12)]

    def test_a_row_that_looks_the_same_is_the_same_strip(self) -> None:
        plot, style = Plot(), PlotStyle()
        figures = [Figure((line(STEPS[:size]),), x_range=(0, 100)) for size in (97, 98, 98)]
        first, second, third = (plot.draw(figure, 60, 12, style).rows for figure in figures)
        assert 0 < sum(a is not b for a, b in zip(first, second, strict=True)) < 3
        assert all(a is b for a, b in zip(second, third, strict=True))


def _has_axes(figure: Figure) -> bool:
    return not figure.is_empty


class TestCanvas:
    """Where the data go, plotext leaves room for them, and no more."""

    @settings(max_examples=300, deadline=None)
    @given(st.floats(-1e7, 1e7), st.floats(1e-6, 1e7), st.booleans(), st.integers(4, 30))
    def test_it_begins_right_of_the_axis(
        self, low: float, span: float, log: bool, height: int
    ) -> None:
        y = Axis(low % 9, low % 9 + 0.01 + span % 5, log) if log else Axis(low, low + span)
        laid = lay_out(Axis(0, 100), y, (), 60, height)
        upper, _ = laid.inside
        for row in laid.signs[upper].tolist():
            assert row.index(next(sign for sign in row if sign in "┤│")) == 60 - laid.columns - 1
        assert laid.signs[laid.rows].tolist()[60 - laid.columns - 1] == "└"


class TestAfresh:
    """Nothing that is kept shows."""

    @settings(max_examples=150, deadline=None)
    @given(st.lists(FIGURES.filter(_has_axes), min_size=1, max_size=4), SIZES, MARKERS)
    def test_it_is_what_plotext_lays_out_whole(
        self, figures: list[Figure], size: tuple[int, int], marker: Marker
    ) -> None:
        plot, whole, style = Plot(), Whole(), PlotStyle(marker, styles=LOOKS)
        for figure in figures:
            wanted = whole.draw(figure, *size, style)
            looks = [[LOOKS[layer] for _, layer in row] for row in wanted]
            drawn = cells(plot.draw(figure, *size, style))
            assert [[style for _, style in row] for row in drawn] == looks
            if marker != "ascii":  # plotext's own axis is not in ascii
                assert [[sign for sign, _ in row] for row in drawn] == [
                    [sign for sign, _ in row] for row in wanted
                ]

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(st.tuples(FIGURES, SIZES), min_size=2, max_size=5),
        MARKERS,
        st.booleans(),
        st.sampled_from([(), SHADES]),
    )
    def test_new_data_in_a_kept_frame_are_as_if_nothing_were_kept(
        self,
        figures: list[tuple[Figure, tuple[int, int]]],
        marker: Marker,
        colour: bool,
        shades: tuple[Style, ...],
    ) -> None:
        style = PlotStyle(marker, colour, styles=LOOKS if colour else {}, shades=shades)
        kept, afresh = Plot(), Plot()
        for figure, size in figures:
            drawing = kept.draw(figure, *size, style)
            lay_out.cache_clear()
            assert cells(drawing) == cells(afresh.draw(figure, *size, replace(style)))
