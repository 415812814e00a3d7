"""Protects that the picture in front is written as it is drawn, or it is said why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.opened import Opened, attached
from tui_lab.errors import RunError
from tui_lab.exchange.graphics.shapes import Scene
from tui_lab.tui.dialogs.picture import PictureDialog


def said(lab: Opened) -> list[str]:
    return [note.message for note in lab.app._notifications]


async def write(lab: Opened, pilot: Pilot[Any], path: str) -> list[tuple[Scene, Path]]:
    await pilot.press("P")
    await pilot.pause()
    assert isinstance(lab.app.screen, PictureDialog)
    lab.app.screen.query_one(Input).value = path
    await pilot.press("enter")
    await lab.settle(pilot)
    return [call[1:] for call in lab.session.calls if call[0] == "export"]


async def test_the_focused_chart_is_written_as_it_is_drawn() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        ((scene, to),) = await write(lab, pilot, "/tmp/x.svg")
        assert to == Path("/tmp/x.svg")
        assert scene.title == "loss (log)"
        await pilot.press("l")
        await lab.settle(pilot)
        scene, _ = (await write(lab, pilot, "/tmp/y.PNG"))[-1]
        assert scene.title == "loss"
        assert said(lab)[-1] == "Wrote /tmp/y.PNG."


async def test_what_is_no_picture_is_said_and_asked_again() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert not await write(lab, pilot, "/tmp/x.csv")
        assert isinstance(lab.app.screen, PictureDialog)
        assert lab.app.screen.complaint == "The name of a picture ends in .svg or .png."


async def test_what_goes_wrong_is_said() -> None:
    lab = attached()
    lab.session.export_error = RunError("x.svg can't be written (No space left).")
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await write(lab, pilot, "/tmp/x.svg")
        assert said(lab)[-1] == "x.svg can't be written (No space left)."


async def test_without_a_picture_that_is_said() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("P")
        await pilot.pause()
        assert said(lab)[-1].startswith("There is no picture here")
