"""Protects the question before a preset: it can be passed over, and its answer is the run's own."""

from __future__ import annotations

from tests.tui.opened import FINISHED, MEASURED, STARTED, Opened
from tui_lab.experiment import Preset, Question
from tui_lab.tui.dialogs.prediction import PredictionDialog
from tui_lab.view_models.prediction import filled

QUESTION = Question(
    "What becomes of the loss?", ("It falls", "It [red]grows"), "It ended at {train/loss}."
)
PRESET = Preset("asked", "Asked", {"weight_decay": 0.0}, question=QUESTION)


def test_an_answer_holds_the_last_values_and_says_what_was_not_measured() -> None:
    metrics = {"train/loss": 0.123456, "norm/w": float("nan")}
    assert filled("{train/loss}, {norm/w}, {test/loss}", metrics) == "0.1235, nan, ?"


async def test_the_answer_comes_when_the_run_has_ended() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.presets.apply(PRESET)
        await pilot.pause()
        assert isinstance(lab.app.screen, PredictionDialog)
        assert "It [red]grows" in lab.text
        await pilot.press("2")
        await lab.settle(pilot)
        assert lab.screen.knobs["weight_decay"].value == 0.0
        await pilot.press("r")
        await lab.settle(pilot)
        lab.session.record(lab.screen.run.id, STARTED, MEASURED)
        await lab.settle(pilot)
        assert not any("You said" in note for note in lab.told)
        lab.session.record(lab.screen.run.id, FINISHED)
        await lab.settle(pilot)
        assert "You said: It [red]grows. It ended at 0.5." in lab.told


async def test_a_question_passed_over_is_not_answered() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.presets.apply(PRESET)
        await pilot.pause()
        await pilot.press("escape")
        await lab.settle(pilot)
        await pilot.press("r")
        await lab.settle(pilot)
        lab.session.record(lab.screen.run.id, STARTED, MEASURED, FINISHED)
        await lab.settle(pilot)
        assert lab.told == []
        assert lab.screen.knobs["weight_decay"].value == 0.0


async def test_a_preset_without_a_question_asks_nothing() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.presets.apply(Preset("plain", "Plain", {"weight_decay": 0.0}))
        await lab.settle(pilot)
        assert lab.app.screen is lab.screen
