"""Protects the question before a preset: it can be passed over, a guess starts the run, and what
came of it is judged, stands where it can be read again, and brings its picture to the front."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fakes import OTHER, TOY, FakeSession
from tests.tui.opened import FINISHED, MEASURED, STARTED, Opened
from tui_lab.experiment import Preset, Question, Table
from tui_lab.tui.dialogs.again import AgainDialog
from tui_lab.tui.dialogs.prediction import PredictionDialog

QUESTION = Question(
    "What becomes of the loss?",
    ("It falls", "It [red]grows"),
    "It ended at {train/loss}.",
    right="It falls",
    picture="loss",
)
PRESET = Preset("asked", "Asked", {"weight_decay": 0.0}, question=QUESTION)
RIGHT = "Right, as you said: “It falls”. It ended at 0.5."
WRONG = "Wrong: it is “It falls”, and you said “It [red]grows”. It ended at 0.5."


def asking(**changes: Any) -> Preset:
    """The preset with another question."""
    return dataclasses.replace(PRESET, question=dataclasses.replace(QUESTION, **changes))


async def guess(lab: Opened, pilot: Pilot[Any], preset: Preset, *keys: str) -> None:
    """Apply a preset and answer its question."""
    await lab.settle(pilot)
    lab.screen.presets.apply(preset)
    await pilot.pause()
    await pilot.press(*keys)
    await lab.settle(pilot)


async def finish(lab: Opened, pilot: Pilot[Any]) -> None:
    """Let the run come to its end."""
    lab.session.record(lab.screen.run.id, STARTED, MEASURED, FINISHED)
    await lab.settle(pilot)
    await lab.settle(pilot)


async def test_a_guess_starts_the_run_that_answers_it() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.presets.apply(PRESET)
        await pilot.pause()
        assert isinstance(lab.app.screen, PredictionDialog)
        assert "It [red]grows" in lab.text
        assert lab.started == []
        await pilot.press("2")
        await lab.settle(pilot)
        assert lab.screen.knobs["weight_decay"].value == 0.0
        assert [call[2]["weight_decay"] for call in lab.started] == [0.0]
        lab.session.record(lab.screen.run.id, STARTED, MEASURED)
        await lab.settle(pilot)
        assert "Wrong" not in lab.text


@pytest.mark.parametrize(
    ("key", "sentence", "brief"),
    [("1", RIGHT, "right: It falls"), ("2", WRONG, "wrong: It falls, not It [red]grows")],
)
async def test_it_is_judged_in_the_lesson_the_log_and_the_status_line(
    key: str, sentence: str, brief: str
) -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await guess(lab, pilot, PRESET, key)
        await finish(lab, pilot)
        assert lab.told == []
        assert lab.screen.panes.current == "notes"
        assert QUESTION.text in lab.text
        assert sentence in lab.text
        assert brief in lab.text.splitlines()[-2]
        await pilot.press("5")
        await lab.settle(pilot)
        assert sentence in lab.text
        await pilot.press("4")
        await lab.settle(pilot)
        assert sentence in lab.text


async def test_a_run_with_other_values_judges_nothing() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await guess(lab, pilot, PRESET, "2")
        await pilot.press("t")
        await lab.settle(pilot)
        lab.screen.knobs.take({"weight_decay": 9.0})
        await pilot.press("r")
        await lab.settle(pilot)
        await finish(lab, pilot)
        assert "You said “It [red]grows”. It ended at 0.5." in lab.text


async def test_a_question_that_no_choice_settles_judges_nothing() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await guess(lab, pilot, asking(right=""), "1")
        await finish(lab, pilot)
        assert "You said “It falls”. It ended at 0.5." in lab.text


async def test_the_curve_it_names_comes_to_the_front() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(80, 16)) as pilot:
        await lab.settle(pilot)
        await pilot.press("5")  # where charts and panes take turns
        await guess(lab, pilot, asking(picture="‖w‖"), "1")
        await finish(lab, pilot)
        assert [curve.title for curve in lab.screen.charts.shown] == ["‖w‖"]
        assert lab.screen.charts.region.area > 0
        assert "right: It falls" in lab.text


async def test_the_picture_it_names_comes_to_the_front() -> None:
    tables = tuple(Table(title) for title in ("first", "second", "third"))
    shown = dataclasses.replace(TOY, pictures=(*TOY.pictures, *tables))
    lab = Opened(session=FakeSession([shown, OTHER]))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await guess(lab, pilot, asking(picture="second"), "1")
        await finish(lab, pilot)
        assert lab.screen.panes.current == "pictures"
        assert "second · 2 of 3" in lab.text
        await pilot.press("4")
        await lab.settle(pilot)
        assert RIGHT in lab.text


async def test_another_run_is_not_told_what_came_of_a_guess() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await guess(lab, pilot, PRESET, "1")
        await finish(lab, pilot)
        await pilot.press("r")
        await lab.settle(pilot)
        assert "right: It falls" not in lab.text
        await pilot.press("5")
        await lab.settle(pilot)
        assert RIGHT not in lab.text


async def test_a_guess_while_the_last_run_is_live_asks_what_becomes_of_that() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("r")
        await guess(lab, pilot, PRESET, "1")
        assert isinstance(lab.app.screen, AgainDialog)
        await pilot.press("r")
        await lab.settle(pilot)
        await finish(lab, pilot)
        assert RIGHT in lab.text


async def test_a_question_passed_over_starts_and_answers_nothing() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await guess(lab, pilot, PRESET, "escape")
        assert lab.started == []
        await pilot.press("r")
        await lab.settle(pilot)
        await finish(lab, pilot)
        assert lab.told == []
        assert "You said" not in lab.text
        assert lab.screen.knobs["weight_decay"].value == 0.0


async def test_a_preset_without_a_question_asks_nothing() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.presets.apply(Preset("plain", "Plain", {"weight_decay": 0.0}))
        await lab.settle(pilot)
        assert lab.app.screen is lab.screen
        assert lab.started == []
