"""Protects heatmaps, image grids and tables: parsed, checked, and a sentence for what is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.events import PictureLogged, RunFinished
from tui_lab.experiment import Heatmap, Images, Picture, Table, Text
from tui_lab.view_models.picture_data import heatmap_cells, image_grid, text_table
from tui_lab.view_models.run import RunView

CELLS, IMAGES, TABLE = Heatmap("cells"), Images("images"), Table("table")
SAID = Text("said")

anything = st.recursive(
    st.none() | st.floats() | st.text(max_size=5) | st.booleans(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=10,
)


def view_with(picture: Picture, layer: str, data: Any) -> RunView:
    view = RunView()
    view.fold(PictureLogged(t=0, step=0, picture=picture.title, layer=layer, data=data))
    return view


class TestHeatmap:
    def test_keeps_numbers_and_words(self) -> None:
        data = {"values": [[1, "NaN"], [3, "-Infinity"]], "rows": ["a", "b"], "columns": ["x"]}
        cells = heatmap_cells(CELLS, view_with(CELLS, "cells", data))

        assert str(cells.values.tolist()) == "[[1.0, nan], [3.0, -inf]]"
        assert (cells.rows, cells.columns) == (("a", "b"), ())
        assert cells.note == ""

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            ({"rows": ["a"]}, "missing"),
            ({"values": [1, 2]}, "shape"),
            ({"values": [[1], [2, 3]]}, "numbers"),
            ({"values": [["[red]"]]}, "numbers"),
            ({"values": []}, "shape"),
        ],
    )
    def test_says_what_is_wrong(self, data: dict[str, Any], reason: str) -> None:
        cells = heatmap_cells(CELLS, view_with(CELLS, "cells", data))

        assert cells.values.size == 0
        assert reason in cells.note


class TestText:
    def test_keeps_its_lines_and_breaks_long_ones(self) -> None:
        data = {"text": "[b]once\n\n" + "upon " * 30}
        table = text_table(SAID, view_with(SAID, "text", data))

        assert table.columns == ("text",)
        assert [row[0] for row in table.rows[:2]] == ["[b]once", ""]
        assert len(table.rows) == 4
        assert max(len(row[0]) for row in table.rows) <= 100

    @pytest.mark.parametrize("data", [{"words": "a"}, {"text": 7}])
    def test_says_what_is_wrong(self, data: dict[str, Any]) -> None:
        assert "text is missing" in text_table(SAID, view_with(SAID, "text", data)).note


class TestImages:
    def test_may_be_coloured(self) -> None:
        data = {"pixels": [[[[0, 0.5, 2], [1, 0, 0]]]]}
        grid = image_grid(IMAGES, view_with(IMAGES, "images", data))

        assert grid.pixels.tolist() == [[[[0, 0.5, 1], [1, 0, 0]]]]
        two = image_grid(IMAGES, view_with(IMAGES, "images", {"pixels": [[[[0, 0.5]]]]}))
        assert "neither one number nor three" in two.note

    def test_are_clipped_to_grey_and_captioned(self) -> None:
        data = {"pixels": [[[0, 0.5], [2, -1]], [["NaN", 0], [0, 0]]], "captions": ["3", "[b]"]}
        grid = image_grid(IMAGES, view_with(IMAGES, "images", {**data, "wrong": [True]}))

        assert grid.pixels.tolist() == [[[0, 0.5], [1, 0]], [[0, 0], [0, 0]]]
        assert (grid.captions, grid.wrong) == (("3", "[b]"), (True, False))

    def test_of_other_sizes_are_refused(self) -> None:
        grid = image_grid(IMAGES, view_with(IMAGES, "images", {"pixels": [[[1]], [[1, 2]]]}))

        assert grid.pixels.size == 0
        assert "numbers" in grid.note


class TestTable:
    def test_writes_numbers_short_and_knows_their_columns(self) -> None:
        data = {
            "columns": ["parameter", "true", "learned"],
            "rows": [["w₁", 2, 1.9999123], ["\x1b[31mb", 4.2, "NaN", "too much"], ["c", 0]],
        }
        table = text_table(TABLE, view_with(TABLE, "table", data))

        assert table.columns == ("parameter", "true", "learned")
        assert table.rows == (("w₁", "2", "2"), (" [31mb", "4.2", "nan"), ("c", "0", ""))
        assert table.numeric == (False, True, False)

    def test_without_columns_is_refused(self) -> None:
        table = text_table(TABLE, view_with(TABLE, "table", {"rows": [[1]]}))

        assert table.rows == ()
        assert "columns" in table.note


@pytest.mark.parametrize("ended", [False, True])
def test_without_data_each_says_so(ended: bool) -> None:
    view = RunView()
    if ended:
        view.fold(RunFinished(t=1, step=1, epoch=1))
    notes = {
        heatmap_cells(CELLS, view).note,
        image_grid(IMAGES, view).note,
        text_table(TABLE, view).note,
    }

    assert notes == {"this run recorded none" if ended else "no data yet"}


def test_an_empty_layer_takes_away_what_was_there() -> None:
    view = view_with(CELLS, "cells", {"values": [[1.0]]})
    view.fold(PictureLogged(t=1, step=1, picture=CELLS.title, layer="cells", data={}))

    assert heatmap_cells(CELLS, view).values.size == 0
    assert heatmap_cells(CELLS, view).note == "nothing to show for these values"


@given(
    st.dictionaries(
        st.sampled_from(["values", "rows", "columns", "pixels", "captions", "wrong"]), anything
    )
    | anything
)
def test_no_data_raise(data: Any) -> None:
    """Whatever a layer holds, each reader gives a picture or a sentence."""
    cells = heatmap_cells(CELLS, view_with(CELLS, "cells", data))
    grid = image_grid(IMAGES, view_with(IMAGES, "images", data))
    table = text_table(TABLE, view_with(TABLE, "table", data))

    assert bool(cells.note) == (cells.values.size == 0)
    assert bool(grid.note) == (grid.pixels.size == 0)
    assert bool(table.note) == (not table.columns)
    assert all(len(row) == len(table.columns) for row in table.rows)
