"""Protects the pictures that a script asks for: what is an image, a histogram or a table becomes
one that the screen can draw, and of all else it is said that it can't be shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import tui_lab
from tests.worker.script.watched import Watched, watched
from tui_lab.declaration import from_json, to_json
from tui_lab.events import PictureLogged, Remarked
from tui_lab.experiment import Histogram, Images, Picture, Table
from tui_lab.runs.directory import RunDirectory
from tui_lab.view_models.picture_data import image_grid, text_table
from tui_lab.view_models.pictures import picture_figure
from tui_lab.view_models.run import RunView
from tui_lab.worker.script.drawn import drawn


def viewed(picture: Picture, layer: str, data: dict[str, Any]) -> RunView:
    """What a screen has of a picture."""
    view = RunView()
    view.fold(PictureLogged(t=0.0, step=1, picture=picture.title, layer=layer, data=data))
    return view


class Photograph:
    """What numpy can make an array of, as images of PIL are."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.full((4, 6, 3), 255, dtype=np.uint8)


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (torch.rand(5, 7), (1, 5, 7)),
        (torch.rand(4, 5, 7, dtype=torch.bfloat16), (4, 5, 7)),
        (torch.rand(3, 5, 7), (1, 5, 7)),
        (torch.ones(5, 7, 4, dtype=torch.uint8), (1, 5, 7)),
        (torch.rand(5, 7, 4), (5, 7, 4)),
        (torch.rand(2, 3, 5, 7, requires_grad=True), (2, 5, 7)),
        (torch.rand(2, 1, 5, 7), (2, 5, 7)),
        (np.ones((2, 5, 7, 1)), (2, 5, 7)),
        ([np.ones((5, 7)), torch.ones(5, 7)], (2, 5, 7)),
        (Photograph(), (1, 4, 6)),
        ([Photograph()], (1, 4, 6)),
        (torch.rand(100, 28, 28), (24, 28, 28)),
        (torch.rand(3, 1000, 600), (1, 200, 120)),
        (torch.rand(2, 100_000), (1, 1, 20_000)),
    ],
)
def test_what_is_an_image_is_shown_as_one(data: Any, shape: tuple[int, ...]) -> None:
    picture, layer, content = drawn("samples", data)
    assert isinstance(picture, Images)
    grid = image_grid(picture, viewed(picture, layer, content))
    assert not grid.note
    assert grid.pixels.size <= 24_576
    assert grid.pixels.shape == shape


@pytest.mark.parametrize(
    ("data", "pixels"),
    [
        ([[0.0, 0.5, 1.0]], [0, 0.5, 1]),
        ([[-1.0, 0.0, 1.0]], [0, 0.5, 1]),
        (np.array([[0, 51, 255]], dtype=np.uint8), [0, 0.2, 1]),
        ([[float("nan"), 0.0, float("inf")]], [0, 0, 0]),
        ([[7.0, 7.0]], [0, 0]),
    ],
)
def test_brightness_goes_from_0_to_1(data: Any, pixels: list[float]) -> None:
    _, _, content = drawn("samples", np.asarray(data))
    assert content["pixels"] == [[pytest.approx(pixels)]]


def test_a_colour_is_as_bright_as_it_looks() -> None:
    _, _, content = drawn("red and white", torch.tensor([[[1.0, 1]], [[0, 1]], [[0, 1]]]))
    assert content["pixels"] == [[[0.299, 1.0]]]


def test_large_images_are_the_mean_of_their_pixels() -> None:
    _, _, content = drawn("checks", np.indices((400, 400)).sum(0) % 2)
    assert np.asarray(content["pixels"]).shape[1] < 160
    assert np.mean(content["pixels"]) == pytest.approx(0.5, abs=0.1)


def test_numbers_are_a_histogram() -> None:
    picture, layer, content = drawn("weights", torch.tensor([0.0, 1, 1, 3, float("nan")]))
    assert isinstance(picture, Histogram)
    assert sum(content["counts"]) == 4
    assert not picture_figure(picture, viewed(picture, layer, content)).note


def test_of_a_great_many_numbers_every_so_many_count() -> None:
    _, _, content = drawn("weights", torch.arange(2_000_001))
    assert sum(content["counts"]) == 666_667


@pytest.mark.parametrize(
    ("data", "columns", "rows"),
    [
        ("two\nlines", ("text",), (("two",), ("lines",))),
        (["a", "b"], ("text",), (("a",), ("b",))),
        ({"columns": ["n", "p"], "rows": [[1, torch.tensor(0.5)]]}, ("n", "p"), (("1", "0.5"),)),
        ({"columns": ["n"], "data": [[None], [True]]}, ("n",), (("None",), ("True",))),
    ],
)
def test_text_is_a_table(data: Any, columns: Any, rows: Any) -> None:
    picture, layer, content = drawn("text", data)
    assert isinstance(picture, Table)
    table = text_table(picture, viewed(picture, layer, content))
    assert (table.columns, table.rows) == (columns, rows)


NOT_SHOWN = [
    *(object(), {"a": 1}, None, 3.0, torch.tensor(1.0), torch.zeros(0, 4), ["a", 1]),
    *([torch.ones(2, 2), torch.ones(3, 3)], torch.ones(2, 2, 2, 2, 2), {"columns": 3}),
    *(torch.tensor([float("nan")]), torch.ones(2, device="meta"), np.array(["a"])),
    {"columns": ["a"], "rows": [3]},
]


@pytest.mark.parametrize("data", NOT_SHOWN)
def test_of_all_else_it_is_said_that_it_can_t_be_shown(data: Any, directory: RunDirectory) -> None:
    with watched(directory) as lab:
        for _ in range(2):
            tui_lab.picture("samples", data)
    [message] = [event.message for event in lab.log if isinstance(event, Remarked)]
    assert message.startswith("picture() can't show samples")
    assert not lab.finding.drawn


def pictures(lab: Watched) -> list[PictureLogged]:
    return [event for event in lab.log if isinstance(event, PictureLogged)]


def test_a_picture_is_declared_and_logged(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        tui_lab.picture("samples", torch.rand(2, 4, 4), caption="at first")
        tui_lab.picture("loss", "a text that is called as a curve is")
    experiment = from_json(to_json(lab.finding.experiment))

    assert experiment.pictures[-2:] == (Images("samples"), Table("loss picture"))
    assert [event.picture for event in pictures(lab)] == ["samples", "loss picture"]
    assert pictures(lab)[0].data["captions"] == ["at first", ""]


def test_a_picture_that_comes_at_once_again_is_passed_over(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        for n in range(3):
            tui_lab.picture("a", f"{n}")
            tui_lab.picture("b", f"{n}")
    assert [event.picture for event in pictures(lab)] == ["a", "b"]


def test_one_name_is_one_kind_of_picture(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        lab.telling._clock = iter(range(1000)).__next__
        tui_lab.picture("a", "text")
        tui_lab.picture("a", torch.rand(3, 3))
    [message] = [event.message for event in lab.log if isinstance(event, Remarked)]
    assert message == "picture() was given a as Table and then Images; use two names."
    assert len(pictures(lab)) == 1
