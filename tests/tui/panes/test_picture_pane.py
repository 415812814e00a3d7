"""The pane of pictures: every kind has a widget, as many are shown as there is room for."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App, ComposeResult

from tui_lab.events import MetricsLogged, PictureLogged
from tui_lab.experiment import Bars, Curve, Experiment, Heatmap, Images, Picture, Scatter, Table
from tui_lab.tui.panes.picture_pane import PicturePane
from tui_lab.tui.panes.picture_slot import PictureSlot
from tui_lab.tui.panes.table_view import TableView
from tui_lab.view_models.run import RunView

KINDS: tuple[Picture, ...] = (
    Scatter("points"),
    Table("rows"),
    Heatmap("cells"),
    Images("images"),
    Bars("bars"),
)
DATA: dict[str, tuple[str, dict[str, Any]]] = {
    "points": ("points", {"x": [0.0, 1.0], "y": [0.0, 1.0]}),
    "rows": ("table", {"columns": ["a [red]", "b"], "rows": [["word", 1.5]]}),
    "cells": ("cells", {"values": [[0.0, 1.0]]}),
    "images": ("images", {"pixels": [[[0.0, 1.0], [1.0, 0.0]]]}),
    "bars": ("bars", {"values": [1.0, 2.0]}),
}
EXPERIMENT = Experiment(
    name="kinds",
    title="Kinds",
    chapter="Basics",
    summary="One picture of each kind.",
    hyperparameters=(),
    metrics=(),
    pictures=(Curve("loss", ("train/loss",)), *KINDS),
    program="none:None",
)


class Shown(App[None]):
    """The pane alone."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = PicturePane(EXPERIMENT, "braille")

    def compose(self) -> ComposeResult:
        yield self.pane

    @property
    def slots(self) -> list[PictureSlot]:
        return [slot for slot in self.pane.query(PictureSlot) if slot.display]


def logged() -> RunView:
    view = RunView(EXPERIMENT)
    for title, (layer, data) in DATA.items():
        view.fold(PictureLogged(t=0.0, step=3, picture=title, layer=layer, data=data))
    return view


@pytest.mark.parametrize(
    ("size", "room"), [((60, 11), 1), ((60, 24), 2), ((139, 24), 2), ((140, 11), 2), ((200, 60), 4)]
)
async def test_pictures_share_the_room(size: tuple[int, int], room: int) -> None:
    app = Shown()
    async with app.run_test(size=size) as pilot:
        app.pane.show(logged())
        await pilot.pause()
        assert len(app.slots) == room


async def test_every_kind_comes_round_in_its_own_widget() -> None:
    app = Shown()
    async with app.run_test(size=(60, 11)) as pilot:
        view, seen = logged(), []
        for picture in KINDS:
            words = app.pane.show(view)
            assert words.startswith(picture.title)
            assert "step 3" in words
            await pilot.pause()
            [slot] = app.slots
            seen += [type(widget).__name__ for widget in slot.children if widget.display]
            app.pane.turn()
        assert seen == ["Chart", "TableView", "Heatmap", "Images", "Chart"]
        assert app.pane.chosen == (0, 0)


async def test_pictures_without_data_say_so() -> None:
    app = Shown()
    async with app.run_test(size=(200, 60)):
        assert app.pane.show(RunView(EXPERIMENT)).startswith("points")


async def test_pictures_whose_data_were_taken_away_are_passed_over() -> None:
    app = Shown()
    view = logged()
    async with app.run_test(size=(60, 11)) as pilot:
        for _ in range(2):
            app.pane.show(view)
            app.pane.turn()
        assert app.pane.show(view).startswith("cells · 3 of 5")
        for title in ("points", "images"):
            layer = DATA[title][0]
            view.fold(PictureLogged(t=1.0, step=4, picture=title, layer=layer, data={}))
        assert app.pane.show(view).startswith("cells · 2 of 3")
        app.pane.turn()
        assert app.pane.show(view).startswith("bars · 3 of 3")
        view.fold(PictureLogged(t=1.0, step=4, picture="bars", layer="bars", data={}))
        assert app.pane.show(view).startswith("rows · 1 of 2")
        await pilot.pause()
        await pilot.resize_terminal(200, 60)
        app.pane.show(view)
        assert len(app.slots) == 2


async def test_zoomed_one_picture_has_the_whole_pane_and_back() -> None:
    app = Shown()
    async with app.run_test(size=(200, 50)) as pilot:
        app.pane.show(logged())
        await pilot.pause()
        assert len(app.slots) == 4
        focused = app.slots[2].query(TableView).first()
        app.pane.zoom(focused, zoomed=True)
        said = app.pane.show(logged())
        await pilot.pause()
        assert len(app.slots) == 1
        assert said.startswith("cells · 3 of 5")
        app.pane.zoom(None, zoomed=False)
        await pilot.pause()
        assert len(app.slots) == 4


async def test_a_picture_of_an_earlier_step_says_so() -> None:
    app, view = Shown(), logged()
    async with app.run_test(size=(60, 20)):
        assert "step 3 " in app.pane.show(view)
        columns = {"train/loss": [1.0] * 974}
        view.fold(MetricsLogged(t=1.0, kind="step", first=1, columns=columns))
        assert "step 3, now 974" in app.pane.show(view)
