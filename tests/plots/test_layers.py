"""Protects what lies on what: no series hides another, single points are on top, what is dimmed or
a band lies beneath; planes keep their shape, and an empty chart invents no axes."""

from __future__ import annotations

import numpy as np
import pytest
from rich.style import Style
from textual.strip import Strip

from tests.plots.plotted import in_dots, rows
from tui_lab.plots.axes import Axis
from tui_lab.plots.canvas import Canvas
from tui_lab.plots.plot import draw
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.figure import Field, Figure, Line, emphasised

X = np.linspace(0.0, 10.0, 50)
FLAT, RISING = np.full(50, 5.0), X
COLOURS = PlotStyle(
    styles={
        "first": Style(color="red"),
        "second": Style(color="blue"),
        "muted": Style(color="white"),
    }
)


def dots(signs: list[str]) -> int:
    return sum((ord(sign) - 0x2800).bit_count() for row in signs for sign in row if in_dots(sign))


def colours(strips: tuple[Strip, ...]) -> str:
    """The colour of every braille cell, in one letter."""
    found = ""
    for strip in strips:
        for segment in strip:
            colour = segment.style.color.name if segment.style and segment.style.color else " "
            found += colour[0] * sum(map(in_dots, segment.text))
    return found


def painted(*lines: Line) -> list[int]:
    """The dots in each cell of a canvas, as bits."""
    canvas = Canvas(40, 10, Axis(0, 10), Axis(0, 10), PlotStyle())
    for line in lines:
        canvas.add_line(line)
    return [ord(sign) & 0xFF if in_dots(sign) else 0 for sign in canvas.signs().flat]


def test_a_cell_keeps_the_dots_of_all_its_lines() -> None:
    one, other = Line("f", X, FLAT), Line("g", X, RISING, "third")
    pairs = list(zip(painted(one), painted(other), strict=True))
    assert any(a and b for a, b in pairs)
    assert painted(one, other) == [a | b for a, b in pairs]


def test_what_is_dimmed_leaves_no_dots_under_a_line() -> None:
    dimmed, line = Line("f", X, RISING, "muted"), Line("g", X, FLAT)
    pairs = list(zip(painted(line), painted(dimmed), strict=True))
    assert painted(dimmed, line) == [a or b for a, b in pairs]


def test_the_first_line_has_the_colour_where_lines_coincide() -> None:
    lines = (Line("f", X, RISING, "first"), Line("f′", X, RISING, "second", dotted=False))
    assert set(colours(draw(Figure(lines), 40, 12, COLOURS).rows)) == {"r"}


def test_the_one_in_focus_has_it_and_the_others_are_dimmed() -> None:
    lines = (Line("f", X, RISING, "first"), Line("f′", X, RISING, "second", dotted=False))
    figure = emphasised(Figure(lines), "second")
    assert [line.role for line in figure.lines] == ["muted", "second"]
    assert set(colours(draw(figure, 40, 12, COLOURS).rows)) == {"b"}
    assert emphasised(Figure(lines), None) == Figure(lines)


def test_a_single_point_is_a_glyph_on_top_of_any_line() -> None:
    point = Line("best", np.array([5.0]), np.array([5.0]), "second", points=True)
    for lines in ((point, Line("f", X, FLAT)), (Line("f", X, FLAT), point)):
        assert "".join(rows(Figure(lines), 40, 12)).count("◆") == 1


def test_a_line_of_one_point_is_more_than_a_dot() -> None:
    alone = Line("‖w‖", np.array([5.0, 6.0]), np.array([1.0, np.nan]))
    assert "".join(rows(Figure((alone,)), 40, 12)).count("•") == 1


def test_lines_lie_over_a_cloud_of_points() -> None:
    cloud = Line("data", np.repeat(X, 4), np.tile(RISING, 4), "second", points=True)
    drawn = draw(Figure((cloud, Line("f", X, FLAT))), 40, 12, COLOURS)
    middle = drawn.rows[5]
    assert {s.style.color.name for s in middle if s.style and s.style.color} >= {"red"}


def test_a_band_is_drawn_beneath_and_holds_its_edges() -> None:
    band = Line("band", X, FLAT - 5, "second", upper=FLAT + 5)
    alone, crossed = (Figure((band,)), Figure((band, Line("f", X, FLAT))))
    assert dots(rows(alone, 40, 12)) > 300
    assert "r" in colours(draw(crossed, 40, 12, COLOURS).rows)
    assert rows(alone, 40, 12)[0].strip().startswith("10┤")


def test_past_the_palette_a_line_is_drawn_with_its_sign() -> None:
    assert "".join(rows(Figure((Line("f", X, RISING, sign="+"),)), 40, 12)).count("+") >= 10


@pytest.mark.parametrize(("width", "height"), [(80, 20), (40, 30)])
def test_a_circle_is_round(width: int, height: int) -> None:
    angle = np.linspace(0, 2 * np.pi, 400)
    circle = Line("ball", np.cos(angle), np.sin(angle))
    drawn = rows(Figure((circle,), equal=True), width, height)
    cells = [
        (row, column)
        for row, signs in enumerate(drawn)
        for column, sign in enumerate(signs)
        if in_dots(sign)
    ]
    tall = 2 * (max(row for row, _ in cells) - min(row for row, _ in cells) + 1)
    wide = max(column for _, column in cells) - min(column for _, column in cells) + 1
    assert abs(tall - wide) <= 3


def test_a_field_ends_where_it_is_known() -> None:
    axis = np.linspace(-1.0, 1.0, 21)
    field = Field(axis, axis, np.add.outer(axis**2, axis**2))
    drawn = rows(Figure(field=field, equal=True), 80, 12)
    inside = [row.partition("┤")[2] or row.partition("│")[2] for row in drawn[:-2]]
    assert all(len(row.strip()) < 40 for row in inside)
    assert any(row.strip() for row in inside)


def test_an_empty_chart_has_no_axes() -> None:
    drawn = "\n".join(rows(Figure(note="nothing was recorded"), 40, 12))
    assert drawn.strip() == "nothing was recorded"
