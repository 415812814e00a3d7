"""Protects pictures that leave the lab: every number at its place, no number lost without a sign,
words as they were and never markup, legible on light and dark pages."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tui_lab.errors import UsageError
from tui_lab.exchange.graphics import fonts
from tui_lab.exchange.graphics.chart import Caption, chart
from tui_lab.exchange.graphics.colours import DARK, LIGHT
from tui_lab.exchange.graphics.fonts import spelt
from tui_lab.exchange.graphics.png import SCALE, png
from tui_lab.exchange.graphics.shapes import Area, Dots, Path, Raster, Scene, Shape, Words
from tui_lab.exchange.graphics.svg import png_bytes, svg
from tui_lab.exchange.graphics.tiles import heatmap, images
from tui_lab.view_models.figure import Field, Figure, Line, Mark
from tui_lab.view_models.picture_data import Cells, ImageGrid

SIZE = (400, 300)
X = np.arange(11.0)


def drawn(*lines: Line, **options: object) -> Scene:
    return chart(Figure(tuple(lines), **options), Caption("loss"), SIZE)  # type: ignore[arg-type]


def of_ink(scene: Scene, ink: str) -> list[Shape]:
    return [s for s in scene.shapes if not isinstance(s, Raster) and s.ink == ink]


def texts(scene: Scene) -> dict[str, Words]:
    return {shape.text: shape for shape in scene.shapes if isinstance(shape, Words)}


def elements(scene: Scene) -> Iterator[ElementTree.Element]:
    yield from ElementTree.fromstring(svg(scene)).iter()


def test_a_point_stands_where_the_ticks_say() -> None:
    scene = drawn(Line("a", X, X), x_range=(0.0, 10.0))
    (path,) = of_ink(scene, "first")
    assert isinstance(path, Path)
    said = texts(scene)
    ends = {"0": path.points[0], "10": path.points[-1]}
    for label, (x, y) in ends.items():
        at = [s for s in scene.shapes if isinstance(s, Words) and s.text == label]
        assert [x for s in at if s.anchor == "middle"] == pytest.approx([s.x for s in at][:1])
        assert [s.y - 4 for s in at if s.anchor == "end"] == pytest.approx([y])
    assert said["loss"].bold


def test_a_logarithmic_axis_has_decades() -> None:
    scene = drawn(Line("a", X, 10.0 ** (X - 5)), log_y=True)
    assert {"1e-4", "1", "1e4"} <= texts(scene).keys()
    (path,) = of_ink(scene, "first")
    assert isinstance(path, Path)
    assert np.allclose(np.diff(path.points[:, 1], 2), 0)  # a straight line


def test_what_is_not_finite_breaks_the_line_and_is_marked() -> None:
    y = X.copy()
    y[[3, 6, 7]] = np.nan, np.inf, -np.inf
    scene = drawn(Line("a", X, y))
    parts = of_ink(scene, "first")
    assert [len(part.points) for part in parts] == [3, 2, 3]  # type: ignore[union-attr]
    assert [s.text for s in of_ink(scene, "alarm")] == ["×", "×", "↓"]  # type: ignore[union-attr]


def test_no_spike_of_a_long_line_is_lost() -> None:
    y = np.zeros(100_000)
    y[54_321] = 1.0
    scene = drawn(Line("a", np.arange(100_000.0), y))
    (path,) = of_ink(scene, "first")
    assert isinstance(path, Path)
    assert len(path.points) <= 2 * SIZE[0]
    assert path.points[:, 1].min() < path.points[:, 1].max() - 100


def test_colour_is_never_the_only_difference() -> None:
    scene = drawn(Line("a", X, X), Line("b", X, X, "second"))
    one, two = of_ink(scene, "first")[0], of_ink(scene, "second")[0]
    assert isinstance(one, Path)
    assert isinstance(two, Path)
    assert (one.dashes, bool(two.dashes)) == (None, True)


def test_bars_stand_on_zero_and_carry_words() -> None:
    heights = np.array([2.0, -1.0])
    figure = Figure(
        (Line("a", np.array([1.0, 2.0]), heights),), bars=True, tick_labels=((1.0, "tee"),)
    )
    scene = chart(figure, Caption("x"), SIZE)
    up, down = (shape.points[:, 1] for shape in scene.shapes if isinstance(shape, Area))
    assert up.max() == pytest.approx(down.min())
    assert up.max() - up.min() == pytest.approx(2 * (down.max() - down.min()))
    assert "tee" in texts(scene)


def test_each_name_stands_beside_how_its_line_is_drawn() -> None:
    lines = [
        Line("whole", X, X, "first"),
        Line("dashed", X, X, "second", dotted=True),
        Line("signed", X, X, "first", sign="+"),
    ]
    names = [(line.role, line.name) for line in lines]
    scene = chart(
        Figure((*lines, Line("band", X, X, "muted", upper=X + 1))), Caption("x", names), SIZE
    )
    drawn = [
        shape
        for shape in scene.shapes
        if isinstance(shape, Path) and shape.ink in ("first", "second")
    ]
    assert [shape.dashes for shape in drawn[:3]] == [None, (5.0, 3.0), (1.5, 2.5)]
    assert {(shape.name, shape.dashes) for shape in drawn[3:]} == {
        ("whole", None),
        ("dashed", (5.0, 3.0)),
        ("signed", (1.5, 2.5)),
    }
    alone = chart(Figure((*lines[:1], lines[2])), Caption("x", [("first", "both")]), SIZE)
    assert of_ink(alone, "first")[0].dashes == (1.5, 2.5)  # type: ignore[union-attr]


def test_bands_points_levels_and_marks() -> None:
    z = np.array([[0.0, 1.0], [2.0, 3.0]])
    figure = Figure(
        (
            Line("band", X, X, "second", upper=X + 1),
            Line("cloud", X, X, "third", points=True),
            Line("one", X[:1], X[:1], "fourth", points=True),
        ),
        marks=(Mark(5.0, "a", "λ 3 → 10"), Mark(99.0, "b", "later")),
        field=Field(np.array([0.0, 10.0]), np.array([0.0, 10.0]), z),
        equal=True,
    )
    scene = chart(figure, Caption("x", [("second", "band")], "2 non-finite"), SIZE)
    assert isinstance(of_ink(scene, "second")[0], Path)  # its sample
    assert [type(s) for s in of_ink(scene, "third")] == [Dots]
    levels = next(shape for shape in scene.shapes if isinstance(shape, Raster)).pixels[..., 3]
    seen = levels[:, levels.any(0)]
    assert seen[0, 0] > seen[-1, 0]  # larger upwards, and darker
    assert {"a", "a  λ 3 → 10", "2 non-finite"} <= texts(scene).keys()
    assert "b" not in texts(scene)  # beyond the axis


def test_points_with_a_rank_show_it() -> None:
    lines = (Line("best", X[:1], X[:1], points=True, sign="1"), Line("b", X, X, points=True))
    said = texts(chart(Figure(lines, x_range=(-5.0, 20.0)), Caption("x"), SIZE))
    assert said["1"].bold


def test_an_empty_figure_says_why() -> None:
    assert "no data yet" in texts(drawn())
    scene = chart(Figure(note="this run recorded none"), Caption("x"), SIZE)
    assert "this run recorded none" in texts(scene)


def test_words_are_never_markup() -> None:
    hostile = 'a"><script>alert(1)</script>\x1b\x00\ud800 & λ'
    scene = chart(Figure((Line("a", X, X),)), Caption(hostile, [("first", hostile)]), SIZE)
    found = list(elements(scene))
    assert not [element for element in found if element.tag.endswith("script")]
    said = next(element.text for element in found if (element.text or "").startswith("a"))
    assert said == 'a"><script>alert(1)</script> ? & λ'


def test_svg_is_for_light_and_dark_and_needs_nothing_else() -> None:
    text = svg(drawn(Line("a", X, X)))
    assert LIGHT["first"] in text
    assert DARK["first"] in text
    assert "prefers-color-scheme:dark" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(("shade", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_png_has_the_same_lines_at_the_same_places(shade: str, palette: dict[str, str]) -> None:
    scene = drawn(Line("a", X, np.full(11, 5.0)))
    image = Image.open(io.BytesIO(png(scene, shade)))  # type: ignore[arg-type]
    assert image.size == (SIZE[0] * SCALE, SIZE[1] * SCALE)
    (path,) = of_ink(scene, "first")
    assert isinstance(path, Path)
    x, y = path.points[0] * SCALE
    places = {"first": (round(x) + 40, round(y)), "background": (1, 1)}
    for ink, place in places.items():
        assert bytes(image.getpixel(place)).hex() == palette[ink].strip("#")  # type: ignore[arg-type]


def test_png_without_a_font_of_the_system_spells_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_FONTS", ("not-there.ttf",))
    assert png(chart(Figure((Line("a", X, X),)), Caption("‖w‖ λ 3 → 10"), SIZE))
    assert spelt("‖w‖ λ 3 → 10 ω 語") == "||w|| lambda 3 -> 10 omega ?"


def test_png_without_pillow_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(UsageError, match=r'pip install "tui-lab\[export\]"'):
        png(drawn(Line("a", X, X)))


def test_a_heatmap_has_its_numbers_and_names() -> None:
    cells = Cells(np.array([[1.0, 2.0], [3.0, np.nan]]), ("r1", "r2"), ("c1", "c2"))
    scene = heatmap(cells, "confusion", SIZE)
    assert {"1", "2", "3", "nan", "r1", "c2", "confusion"} <= texts(scene).keys()
    strength = next(s for s in scene.shapes if isinstance(s, Raster)).pixels[..., 3]
    assert strength[0, 0] < strength[0, 1] < strength[1, 0]


def test_images_have_their_captions_and_stay_what_they_are() -> None:
    pixels = np.array([[[0.0, 1.0]], [[1.0, 0.5]]])
    scene = images(ImageGrid(pixels, ("boot", "tee"), (False, True)), "images", SIZE)
    first, second = (s.pixels for s in scene.shapes if isinstance(s, Raster))
    assert first[0].tolist() == [[0, 0, 0, 255], [255, 255, 255, 255]]
    assert second[0, 1, 0] == 128
    assert texts(scene)["✗ tee"].ink == "alarm"
    image = Image.open(io.BytesIO(png_bytes(first)))
    assert image.getpixel((1, 0)) == (255, 255, 255, 255)
    assert len(png(scene)) > 1000
