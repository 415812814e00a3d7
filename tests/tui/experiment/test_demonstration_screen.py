"""The screen of a demonstration: it starts by itself, shows pictures alone, and ends when left."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fakes import OTHER, TOY, FakeSession, summary
from tests.tui.opened import Opened
from tui_lab.commands import SetHyperparameter
from tui_lab.events import (
    HyperparameterChanged,
    MetricsLogged,
    PictureLogged,
    RunStarted,
    RunStopped,
)
from tui_lab.experiment import KeyFigures, Preset, Question, Scatter, Table
from tui_lab.run import RunStatus
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.dialogs.quit import QuitDialog
from tui_lab.tui.experiment.mode import Demonstration

SHOWN = dataclasses.replace(
    TOY, demonstration=True, pictures=(Scatter("curve"), Table("rows")), name="toy"
)
STARTED = RunStarted(
    pid=1,
    host="box",
    device="cpu",
    device_name="",
    threads=1,
    started="2026-11-20T12:00:00+00:00",
    total_steps=0,
    steps_per_epoch=0,
)
MEASURED = MetricsLogged(t=0.1, kind="epoch", epochs=[0], steps=[0], columns={"norm/w": [2.5]})
COMPUTED = (
    MEASURED,
    PictureLogged(t=0.1, step=0, picture="curve", layer="line", data={"x": [0, 1], "y": [0, 1]}),
)


def opened() -> Opened:
    return Opened(session=FakeSession([SHOWN, OTHER]))


def stopped(lab: Opened) -> list[str]:
    return [call[1] for call in lab.session.calls if call[0] == "stop"]


async def elsewhere(lab: Opened, pilot: Pilot[Any]) -> None:
    """Let the screen that was left do what it does then."""
    for _ in range(3):
        await pilot.pause()
        await lab.app.workers.wait_for_complete()


async def test_it_starts_by_itself_and_shows_pictures_alone() -> None:
    lab = opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        assert isinstance(lab.screen.mode, Demonstration)
        assert len(lab.started) == 1
        lab.session.record(lab.screen.run.id, STARTED, *COMPUTED)
        await lab.settle(pilot)
        assert lab.screen.panes.current == "pictures"
        assert not lab.screen.charts.display
        assert "gradients" not in lab.text
        assert "2 code" in lab.text
        assert "step 0" not in lab.text
        await pilot.press("1")
        await lab.settle(pilot)
        assert lab.screen.panes.current == "pictures"
        assert lab.screen.panes.pictures.pictures[-1] == KeyFigures()
        await pilot.press("v")
        await lab.settle(pilot)
        assert "The norm of w." in lab.text
        assert "2.5" in lab.text


async def test_all_that_there_is_room_for_is_drawn_at_once() -> None:
    session = FakeSession([SHOWN, OTHER])
    old = summary(9, status=RunStatus.STOPPED)
    stopped_at_once = RunStopped(t=0.2, step=0, epoch=0)
    lab = Opened(STARTED, *COMPUTED, stopped_at_once, run=old, session=session)
    async with lab.app.run_test(size=(200, 60)) as pilot:
        await lab.settle(pilot)
        assert "The norm of w." in lab.text
        assert "stopped after 0:00" in lab.text


async def test_the_panes_are_named_once_on_a_small_screen() -> None:
    lab = opened()
    async with lab.app.run_test(size=(80, 24)) as pilot:
        await lab.settle(pilot)
        assert lab.text.count("4 notes") == 1


async def test_every_knob_is_sent_to_it() -> None:
    lab = opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.knobs["epochs"].focus()
        await pilot.press("right")
        await lab.settle(pilot)
        [command] = lab.commands
        assert isinstance(command, SetHyperparameter)
        assert command.name == "epochs"


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_a_small_screen_has_no_tab_for_charts(size: tuple[int, int]) -> None:
    lab = opened()
    async with lab.app.run_test(size=size) as pilot:
        await lab.settle(pilot)
        assert "charts" not in lab.text
        assert lab.screen.check_action("open_pane", ("charts",)) is False
        assert lab.screen.panes.display


async def test_it_ends_when_left_and_comes_back_with_the_screen() -> None:
    lab = opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        first = lab.screen.run.id
        await pilot.press("question_mark")
        await lab.settle(pilot)
        assert stopped(lab) == []  # a dialog over it is no leaving
        await pilot.press("escape", "g")
        await elsewhere(lab, pilot)
        assert stopped(lab) == [first]
        lab.app.open_experiment("toy")
        await lab.settle(pilot)
        assert len(lab.started) == 2
        assert lab.screen.run.id != first


async def test_a_finished_one_can_be_looked_at_again() -> None:
    lab = opened()
    old = summary(9, status=RunStatus.STOPPED)
    lab.session.put(old)
    lab.session.record(old.id, STARTED, *COMPUTED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("g")
        await elsewhere(lab, pilot)
        lab.app.open_run(old.id)
        await lab.settle(pilot)
        assert lab.screen.run.id == old.id
        assert len(lab.started) == 1


async def test_another_one_takes_the_place_of_the_first() -> None:
    lab = opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        first = lab.screen.run.id
        await pilot.press("R")
        await lab.settle(pilot)
        assert stopped(lab) == [first]
        assert len(lab.started) == 2


async def test_quitting_does_not_ask_about_it() -> None:
    lab = opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        training = summary(7, experiment="other", status=RunStatus.RUNNING)
        lab.session.put(training)
        lab.session.own.add(training.id)
        await pilot.press("q")
        await lab.settle(pilot)
        dialog = lab.app.screen
        assert isinstance(dialog, QuitDialog)
        assert [run.split("-")[0] for run in dialog.lines] == ["other"]


async def test_it_starts_with_the_values_it_was_opened_with() -> None:
    session = FakeSession([SHOWN, OTHER])
    app = TuiLabApp(session, Opening("toy", {"epochs": "7"}))
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(3):
            await pilot.pause()
            await app.workers.wait_for_complete()
        [start] = [call for call in session.calls if call[0] == "start"]
        assert start[2]["epochs"] == 7


async def test_a_preset_asks_before_anything_is_turned() -> None:
    lab = opened()
    question = Question("How long is w?", ("short", "long"), "It is {norm/w}.")
    preset = Preset("asked", "Asked", {"weight_decay": 0.0}, question=question)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.session.record(lab.screen.run.id, STARTED, *COMPUTED)
        await lab.settle(pilot)
        lab.screen.presets.apply(preset)
        await pilot.pause()
        assert "How long is w?" in lab.text
        assert lab.commands == []
        await pilot.press("2")
        await lab.settle(pilot)
        assert [getattr(command, "name", "") for command in lab.commands] == ["weight_decay"]
        assert lab.told == []
        changed = HyperparameterChanged(t=0.2, step=1, name="weight_decay", old=3.0, new=0.0)
        measured = dataclasses.replace(MEASURED, t=0.2, columns={"norm/w": [7.5]})
        lab.session.record(lab.screen.run.id, changed, measured)
        await lab.settle(pilot)
        assert lab.told == []
        assert "You said “long”. It is 7.5." in lab.text
