"""Protects pictures on axes: what is drawn of logged layers, and that no data break a screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.events import MetricsLogged, PictureLogged, RunFinished
from tui_lab.experiment import Bars, Contour, Heatmap, Histogram, Picture, Scatter
from tui_lab.view_models.pictures import picture_figure, picture_legend, variants
from tui_lab.view_models.run import RunView

FIT = Scatter("fit", x="feature", y="label")
PATH = Contour("path", path=("weight/1", "weight/2"), x="w₁", y="w₂")
WEIGHTS = Bars("weights")
COUNTS = Histogram("counts")
FIELD = {"x": [0, 1, 2], "y": [0, 1], "z": [[0, 1, 2], [3, "NaN", 5]]}


def view_with(picture: Picture, layers: dict[str, Any]) -> RunView:
    view = RunView()
    for layer, data in layers.items():
        view.fold(PictureLogged(t=0, step=0, picture=picture.title, layer=layer, data=data))
    return view


def walked(view: RunView, first: list[Any], second: list[Any]) -> RunView:
    columns = {"weight/1": first, "weight/2": second}
    view.fold(MetricsLogged(t=1, kind="step", first=1, columns=columns))
    return view


class TestScatter:
    def test_draws_the_line_over_the_points(self) -> None:
        layers = {"line": {"x": [0, 1], "y": [0, 2]}, "points": {"x": [1.0], "y": ["NaN"]}}
        figure = picture_figure(FIT, view_with(FIT, layers))

        points, line = figure.lines
        assert (points.name, points.points, points.role) == ("points", True, "first")
        assert (line.name, line.points, line.role) == ("line", False, "second")
        assert np.isnan(points.y).tolist() == [True]
        assert (figure.x_label, figure.y_label, figure.note) == ("feature", "label", "")

    def test_shows_several_lines_under_their_own_names(self) -> None:
        one = {"x": [0, 1], "y": [0, 2]}
        names = ("line ridge", "line MAP/w", "points data")
        figure = picture_figure(FIT, view_with(FIT, dict.fromkeys(names, one)))
        assert [line.name for line in figure.lines] == ["data", "ridge", "MAP"]
        assert [line.points for line in figure.lines] == [True, False, False]

    def test_shows_one_variant_at_a_time_and_counts_around(self) -> None:
        layers = {
            f"{kind}/x{j}": {"x": [j], "y": [j]} for kind in ("points", "line") for j in (1, 2)
        }
        view = view_with(FIT, {**layers, "points": {"x": [7], "y": [7]}})

        assert variants(FIT, view) == ["x1", "x2"]
        for variant, expected in [(0, 1), (1, 2), (2, 1), (-1, 2)]:
            figure = picture_figure(FIT, view, variant=variant)
            assert [line.x.tolist() for line in figure.lines] == [[expected], [7], [expected]]
            assert figure.x_label == f"feature x{expected}"

    def test_without_variants_there_is_nothing_to_step_through(self) -> None:
        assert variants(FIT, view_with(FIT, {"points": {"x": [], "y": []}})) == []
        assert variants(PATH, view_with(PATH, {"points/true": {"x": [1], "y": [1]}})) == []


class TestContour:
    def test_shows_field_path_and_all_points(self) -> None:
        layers = {"field": FIELD, "points/true": {"x": [1], "y": [1]}}
        view = walked(view_with(PATH, layers), [0.0, 0.5, 1.0], [0.0, 0.25, 1.0])
        figure = picture_figure(PATH, view)

        assert figure.field is not None
        assert figure.field.z.shape == (2, 3)
        assert [line.name for line in figure.lines] == ["path", "true"]
        assert figure.lines[0].x.tolist() == [0, 0.5, 1]
        assert figure.lines[0].y.tolist() == [0, 0.25, 1]
        assert picture_legend(figure) == [("first", "path"), ("second", "true")]

    def test_joins_the_lines_and_not_the_points(self) -> None:
        one = {"x": [0, 1], "y": [0, 1]}
        layers = {"field": FIELD, "line/prior": one, "points/MAP": one}
        figure = picture_figure(PATH, view_with(PATH, layers))

        assert [(line.name, line.points) for line in figure.lines] == [
            ("prior", False),
            ("MAP", True),
        ]

    def test_a_path_that_stands_still_costs_no_points(self) -> None:
        view = view_with(PATH, {"field": FIELD})
        walked(view, [0.0] + [1.0] * 5000, [0.0] + [1.0] * 5000)

        assert len(picture_figure(PATH, view).lines[0].x) == 3

    def test_a_path_that_leaves_for_infinity_ends_in_one_gap(self) -> None:
        view = view_with(PATH, {"field": FIELD})
        walked(view, [0.0, 1.0, "Infinity"] + ["NaN"] * 50, [0.0, 1e308] + ["NaN"] * 51)

        (path,) = picture_figure(PATH, view).lines
        assert path.x[:2].tolist() == [0, 1]
        assert len(path.x) <= 5

    def test_long_paths_keep_their_coordinates_together(self) -> None:
        """Both series are thinned, each at steps of its own."""
        angle = np.linspace(0, 6, 200_000)
        view = walked(RunView(), np.cos(angle).tolist(), np.sin(angle).tolist())

        (path,) = picture_figure(PATH, view).lines
        assert np.hypot(path.x, path.y) == pytest.approx(np.ones(len(path.x)), abs=1e-6)

    def test_a_grid_that_does_not_fit_its_axes_is_said(self) -> None:
        figure = picture_figure(PATH, view_with(PATH, {"field": {**FIELD, "y": [0, 1, 2]}}))

        assert (figure.field, figure.lines) == (None, ())
        assert "row per y" in figure.note


class TestBars:
    def test_stand_at_whole_numbers_with_their_words(self) -> None:
        layers = {"bars": {"values": [0.5, -1, "Infinity"], "labels": ["w₁", "[red]\x1b", "b"]}}
        figure = picture_figure(WEIGHTS, view_with(WEIGHTS, layers))

        assert figure.bars
        assert figure.lines[0].x.tolist() == [1, 2, 3]
        assert figure.lines[0].y.tolist() == [0.5, -1, np.inf]
        assert figure.tick_labels == ((1, "w₁"), (2, "[red]"), (3, "b"))

    @pytest.mark.parametrize(
        "layers",
        [
            {"bars": {"values": [1, 2], "reference": [3, 4]}},
            {"bars": {"values": [1, 2]}, "reference": {"values": [3, 4]}},
        ],
    )
    def test_a_reference_is_a_mark_on_each(self, layers: dict[str, Any]) -> None:
        bars, reference = picture_figure(WEIGHTS, view_with(WEIGHTS, layers)).lines

        assert (bars.points, reference.points) == (False, True)
        assert (bars.y.tolist(), reference.y.tolist()) == ([1, 2], [3, 4])
        assert bars.role != reference.role


class TestHistogram:
    def test_counts_stand_in_the_middle_of_their_bins(self) -> None:
        layers = {"all": {"edges": [0, 2, 4], "counts": [5, 7]}}
        figure = picture_figure(COUNTS, view_with(COUNTS, layers))

        assert figure.lines[0].x.tolist() == [1, 3]
        assert figure.lines[0].y.tolist() == [5, 7]
        assert figure.x_range == (0, 4)

    def test_one_layer_of_several_is_shown_at_a_time(self) -> None:
        layers = {
            f"weights/{name}": {"edges": [0, 1], "counts": [count]}
            for name, count in (("conv1", 3), ("conv2", 4))
        }
        view = view_with(COUNTS, layers)

        assert variants(COUNTS, view) == ["conv1", "conv2"]
        shown = [picture_figure(COUNTS, view, variant=variant).lines for variant in (0, 1, 2)]
        assert [[line.y.tolist() for line in lines] for lines in shown] == [[[3]], [[4]], [[3]]]

    def test_edges_and_counts_must_agree(self) -> None:
        layers = {"all": {"edges": [0, 2], "counts": [5, 7]}}

        assert "edge" in picture_figure(COUNTS, view_with(COUNTS, layers)).note


class TestWhateverIsLogged:
    @pytest.mark.parametrize("picture", [FIT, PATH, WEIGHTS, COUNTS])
    def test_without_data_a_picture_says_so(self, picture: Picture) -> None:
        view = RunView()
        assert picture_figure(picture, view).note == "no data yet"

        view.fold(RunFinished(t=1, step=1, epoch=1))
        assert picture_figure(picture, view).note == "this run recorded none"

    @given(
        st.sampled_from([FIT, PATH, WEIGHTS, COUNTS]),
        st.sampled_from(["points", "line/1", "field", "reference", "x", ""]),
        st.dictionaries(
            st.sampled_from(["x", "y", "z", "values", "labels", "reference", "edges", "counts"]),
            st.recursive(
                st.none() | st.floats() | st.text(max_size=5) | st.booleans(),
                lambda inner: st.lists(inner, max_size=4),
                max_leaves=8,
            ),
        )
        | st.none()
        | st.text(max_size=5),
    )
    def test_no_data_raise(self, picture: Picture, layer: str, data: Any) -> None:
        figure = picture_figure(picture, view_with(picture, {layer: data}))

        drawn = figure.field is not None or any(len(line.x) for line in figure.lines)
        assert bool(figure.note) != drawn
        assert all(len(line.x) == len(line.y) for line in figure.lines)

    def test_a_picture_without_axes_is_a_mistake_of_the_caller(self) -> None:
        with pytest.raises(TypeError, match="Heatmap"):
            picture_figure(Heatmap("cells"), RunView())
