"""Heatmaps, images and tables: what fits is shown, what does not is said, text stays text."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import Color
from rich.style import Style
from textual.app import App, ComposeResult
from textual.widget import Widget

from tui_lab.config import Marker
from tui_lab.plots.mosaic import heatmap_rows, image_rows
from tui_lab.plots.style import PlotStyle
from tui_lab.tui.panes.heatmap import Heatmap
from tui_lab.tui.panes.images import Images
from tui_lab.tui.panes.table_view import TableView, lines
from tui_lab.view_models.picture_data import Cells, ImageGrid, TextTable

PLAIN = PlotStyle(colour=False)
SHADED = PlotStyle(
    shades=tuple(Style(bgcolor=f"color({n})") for n in range(232, 240)),
    greys=tuple(Color.from_rgb(n, n, n) for n in range(0, 256, 17)),
)
SIZES = [(120, 40), (20, 6), (50, 12), (3, 3), (1, 1), (80, 24)]


def grid(count: int, side: int = 28) -> ImageGrid:
    pixels = np.linspace(0, 1, side * side).reshape(1, side, side).repeat(count, axis=0)
    wrong = tuple(number == 1 for number in range(count))
    return ImageGrid(pixels, tuple(f"image {number}" for number in range(count)), wrong)


class TestHeatmap:
    """A matrix as rows of text."""

    def test_numbers_and_labels_stand_where_they_fit(self) -> None:
        cells = Cells(np.array([[1.0, 20.0], [300.0, 4.5]]), ("cat", "dog"), ("a", "b"))
        assert [row.text.rstrip() for row in heatmap_rows(cells, 30, 4, SHADED)] == [
            "       a       b",
            "cat    1       20",
            "dog   300     4.5",
            "",
        ]

    def test_numbers_are_left_out_where_they_do_not_fit(self) -> None:
        drawn = heatmap_rows(Cells(np.arange(400.0).reshape(4, 100)), 100, 4, SHADED)
        assert all(row.text.isspace() for row in drawn)

    @pytest.mark.parametrize(("marker", "signs"), [("braille", " ░▒▓█"), ("ascii", " .:-=+*#%@")])
    def test_it_reads_without_colours(self, marker: Marker, signs: str) -> None:
        values = np.linspace(0, 1, 50).reshape(1, 50)
        (row,) = heatmap_rows(Cells(values), 50, 1, PlotStyle(marker, colour=False))
        assert list(dict.fromkeys(row.text)) == list(signs)

    def test_a_larger_number_stands_out_more(self) -> None:
        (row,) = heatmap_rows(Cells(np.array([[0.0, 1.0]])), 16, 1, SHADED)
        looks = [segment.style.bgcolor for segment in row if segment.style]
        assert looks[0] == Color.parse("color(232)")
        assert looks[1] == Color.parse("color(239)")

    def test_nan_is_marked(self) -> None:
        (row,) = heatmap_rows(Cells(np.array([[0.0, math.nan] * 30])), 60, 1, SHADED)
        assert row.text.count("×") == 30

    @settings(max_examples=60, deadline=None)
    @given(
        st.integers(1, 8).flatmap(
            lambda n: st.lists(st.lists(st.floats(), min_size=n, max_size=n), min_size=1)
        ),
        st.integers(1, 60),
        st.integers(1, 20),
        st.booleans(),
    )
    def test_any_numbers_at_any_size(
        self, values: list[list[float]], width: int, height: int, shaded: bool
    ) -> None:
        names = tuple("名前 long name" for _ in values)
        drawn = heatmap_rows(
            Cells(np.array(values), names), width, height, SHADED if shaded else PLAIN
        )
        assert [row.cell_length for row in drawn] == [width] * height


class TestImages:
    """Images as half blocks in a grid."""

    def test_two_pixels_share_a_character(self) -> None:
        pixels = np.array([[[0.0, 1.0], [1.0, 0.0]]])
        rows, shown = image_rows(ImageGrid(pixels, ("x",)), 10, 2, SHADED)
        assert shown == 1
        assert rows[0].text.startswith("▀▀")
        first, second = list(rows[0])[:2]
        assert first.style is not None
        assert second.style is not None
        assert first.style.color == second.style.bgcolor == SHADED.greys[0]
        assert first.style.bgcolor == second.style.color == SHADED.greys[-1]

    def test_as_many_as_fit_are_shown(self) -> None:
        rows, shown = image_rows(grid(100), 60, 20, SHADED)
        assert 0 < shown < 100
        assert sum(row.text.count("image") for row in rows) == shown

    def test_all_are_shown_at_full_size_where_there_is_room(self) -> None:
        rows, shown = image_rows(grid(2), 60, 15, SHADED)
        assert shown == 2
        assert rows[0].text.count("▀") == 56

    def test_wrong_ones_carry_a_cross(self) -> None:
        rows, _ = image_rows(grid(2), 60, 15, SHADED)
        assert "✗ image 1" in rows[-1].text
        assert "✗ image 0" not in rows[-1].text

    def test_pixels_of_three_numbers_are_colours(self) -> None:
        pixels = np.zeros((1, 3, 1, 3))
        pixels[0, :, 0] = (1.0, 0.0, 0.0), (0.0, 0.2, 0.0), (0.0, 0.0, 1.0)
        rows, _ = image_rows(ImageGrid(pixels, ("",)), 10, 4, SHADED)
        looks = [next(iter(row)).style or Style() for row in rows[:2]]
        assert [(look.color, look.bgcolor) for look in looks] == [
            (Color.from_rgb(255, 0, 0), Color.from_rgb(0, 51, 0)),
            (Color.from_rgb(0, 0, 255), Color.from_rgb(0, 0, 0)),
        ]

    def test_colours_are_made_smaller_and_read_without_any(self) -> None:
        pixels = np.ones((40, 24, 24, 3)) * 0.5
        rows, shown = image_rows(ImageGrid(pixels), 60, 20, PLAIN)
        assert shown > 0
        assert set("".join(row.text for row in rows)) == {" ", "▒"}

    def test_they_read_without_colours(self) -> None:
        rows, _ = image_rows(grid(1), 30, 15, PlotStyle("ascii", colour=False))
        drawn = "".join(row.text for row in rows)
        assert drawn.isascii()
        assert {".", "=", "@"} <= set(drawn)

    @settings(max_examples=60, deadline=None)
    @given(
        st.integers(1, 30),
        st.integers(1, 40),
        st.integers(1, 90),
        st.integers(1, 30),
        st.booleans(),
    )
    def test_any_number_at_any_size(
        self, count: int, side: int, width: int, height: int, shaded: bool
    ) -> None:
        rows, shown = image_rows(grid(count, side), width, height, SHADED if shaded else PLAIN)
        assert [row.cell_length for row in rows] == [width] * height
        assert 1 <= shown <= count


class TestTable:
    """Columns that line up."""

    def test_numbers_are_flush_right(self) -> None:
        table = TextTable(("name", "n"), (("w", "1"), ("bias", "-20")), (False, True))
        assert lines(table) == ["name    n", "w       1", "bias  -20"]

    def test_markup_and_escapes_are_text(self) -> None:
        (_, row) = lines(TextTable(("a",), (("[red]x\x1b[2J",),)))
        assert row == "[red]x [2J"

    def test_wide_characters_line_up(self) -> None:
        assert lines(TextTable(("猫", "b"), (("a", "c"),))) == ["猫  b", "a   c"]


class Pictures(App[None]):
    """One of each."""

    CSS = "Pictures Widget { height: 1fr; }"

    def __init__(self, *pictures: Widget) -> None:
        super().__init__()
        self.pictures = pictures

    def compose(self) -> ComposeResult:
        yield from self.pictures


async def test_all_of_them_survive_every_size() -> None:
    heatmap, images, table = Heatmap("m"), Images("i"), TableView("t")
    async with Pictures(heatmap, images, table).run_test() as pilot:
        heatmap.show(Cells(np.eye(10)))
        images.show(grid(10))
        table.show(TextTable(("a", "b"), tuple((str(n), "x" * n) for n in range(50))))
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            for picture in (heatmap, images):
                rows = picture.rows
                assert rows is not None
                assert not picture.size or len(rows) == picture.size.height


async def test_the_frame_says_how_many_images_there_are() -> None:
    images = Images("test images")
    async with Pictures(images).run_test(size=(60, 20)) as pilot:
        images.show(grid(100))
        await pilot.pause()
        await pilot.pause()
        assert str(images.border_subtitle) == f"1 wrong · {images._shown} of 100"


async def test_a_picture_without_data_says_why() -> None:
    heatmap = Heatmap("m")
    async with Pictures(heatmap).run_test(size=(60, 20)) as pilot:
        heatmap.show(Cells(np.zeros((0, 0)), note="this run recorded none"))
        await pilot.pause()
        assert any("this run recorded none" in row.text for row in heatmap.rows or ())


async def test_a_table_scrolls_under_its_heading() -> None:
    table = TableView("t")
    async with Pictures(table).run_test(size=(30, 10)) as pilot:
        table.show(TextTable(("name", "value"), tuple((f"w{n}", str(n)) for n in range(40))))
        await pilot.pause()
        table.focus()
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert table.render_line(0).text.startswith("name")
        assert table.render_line(1).text.startswith("w3")
        await pilot.press("end")
        await pilot.pause()
        last = [table.render_line(y).text for y in range(table.scrollable_content_region.height)]
        assert last[-1].startswith("w39")
