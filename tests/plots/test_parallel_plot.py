"""Parallel coordinates in rows of text: of exactly the size asked for, with names and ranks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from textual.strip import Strip

from tests.plots.plotted import in_dots
from tui_lab.plots.bar_list import bar_rows
from tui_lab.plots.parallel import ParallelPlot
from tui_lab.plots.style import PlotStyle
from tui_lab.view_models.parallel import Parallel, Paths, Upright

UPRIGHTS = (
    Upright("lr", ((0.0, "0.001"), (1.0, "1"))),
    Upright("implementation", ((0.0, "scratch"), (1.0, "concise"))),
    Upright("val/loss", ((0.0, "0.1"), (1.0, "9"))),
)
NAN = float("nan")


def text(drawn: Iterable[Strip]) -> str:
    return "\n".join(strip.text.rstrip() for strip in drawn)


def path(*places: float) -> np.ndarray:
    return np.array(places, dtype=np.float64)


PICTURE = Parallel(
    UPRIGHTS,
    (
        Paths("muted", (path(1.0, 1.0, 1.0), path(0.5, 0.0, 0.9))),
        Paths("accent", (path(0.25, 0.5, 0.0),), dotted=False, sign="1"),
    ),
)


def rows(picture: Parallel, width: int, height: int, **looks: object) -> list[str]:
    drawn = ParallelPlot().draw(picture, width, height, PlotStyle(**looks))  # type: ignore[arg-type]
    return text(drawn).split("\n")


@pytest.mark.parametrize("size", [(1, 1), (15, 5), (16, 6), (40, 12), (123, 37)])
@pytest.mark.parametrize("marker", ["braille", "hd", "ascii"])
def test_the_picture_fills_its_room(size: tuple[int, int], marker: str) -> None:
    drawn = ParallelPlot().draw(PICTURE, *size, PlotStyle(marker=marker))  # type: ignore[arg-type]
    assert len(drawn) == size[1]
    assert {strip.cell_length for strip in drawn} == {size[0]}


def test_names_stand_below_and_words_at_their_places() -> None:
    drawn = rows(PICTURE, 60, 14)
    assert drawn[-1].split() == ["lr", "implementation", "val/loss"]
    assert drawn[-2].split() == ["0.001", "scratch", "0.1"]
    assert drawn[0].split() == ["1", "concise", "9"]


def test_a_word_between_the_ends_stands_on_its_upright() -> None:
    middle = Upright("n", ((0.0, "low"), (0.5, "middle"), (1.0, "high")))
    drawn = rows(Parallel((middle, *UPRIGHTS), (Paths("first", (path(0, 0, 0, 0),)),)), 80, 14)
    assert "│ middle" in drawn[6] or "⠂ middle" in drawn[6]


def test_the_best_have_their_ranks_at_every_upright() -> None:
    plain = "".join(rows(PICTURE, 60, 14)[1:-2])
    assert plain.count("1") == 3
    assert any(map(in_dots, plain))


def test_long_names_are_cut_where_there_is_no_room() -> None:
    many = Parallel(tuple(Upright(f"hyperparameter{n}") for n in range(6)), PICTURE.paths[:0])
    picture = Parallel(many.uprights, (Paths("first", (path(*[0.5] * 6),)),))
    last = rows(picture, 40, 10)[-1]
    assert last.count("…") == 6


def test_a_path_that_breaks_and_one_that_is_nowhere() -> None:
    broken = Parallel(UPRIGHTS, (Paths("accent", (path(0.2, NAN, 0.8), path(NAN, NAN, NAN))),))
    assert len(rows(broken, 40, 12)) == 12


def test_one_upright_stands_in_the_middle() -> None:
    one = Parallel((Upright("loss"),), (Paths("first", (path(0.5),)),))
    assert rows(one, 41, 10)[3].index("│") == 20


def test_without_paths_the_note_is_said() -> None:
    assert "nothing yet" in "\n".join(rows(Parallel(UPRIGHTS, (), "nothing yet"), 40, 10))


def test_bars_are_as_long_as_their_numbers() -> None:
    drawn = text(bar_rows([("lr", 0.8), ("λ", 0.2)], 40, 4, PlotStyle())).split("\n")
    assert len(drawn) == 4
    assert drawn[0].startswith("lr ")
    assert drawn[0].rstrip().endswith(" 0.80")
    lengths = [row.count("█") for row in drawn[:2]]
    assert lengths[0] == 4 * lengths[1]


def test_bars_in_ascii_and_without_numbers() -> None:
    ascii_rows = text(bar_rows([("lr", 1.0)], 30, 2, PlotStyle(marker="ascii")))
    assert "#####" in ascii_rows
    assert ascii_rows.isascii()
    assert "comes later" in text(bar_rows([], 30, 3, PlotStyle(), note="comes later"))
    assert "0.00" in text(bar_rows([("lr", 0.0)], 30, 1, PlotStyle()))
