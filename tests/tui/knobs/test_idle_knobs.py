"""A knob that does nothing under the present choices is dimmed, and its help says why."""

from __future__ import annotations

import dataclasses

import pytest

from tests.tui.knobs.column import EXPERIMENT, Knobs
from tui_lab.conditions import among, unless
from tui_lab.errors import HyperparameterError
from tui_lab.tui.knobs.help import KnobHelp

IDLING = dataclasses.replace(
    EXPERIMENT,
    hyperparameters=tuple(
        dataclasses.replace(h, only_if=among("implementation", "concise"))
        if h.name == "decay"
        else h
        for h in EXPERIMENT.hyperparameters
    ),
)
WHY = "decay does nothing while implementation=scratch"


async def test_an_idle_knob_is_dimmed_until_a_choice_gives_it_something_to_do() -> None:
    app = Knobs(IDLING)
    async with app.run_test(size=(60, 30)) as pilot:
        decay, seen = app.panel["decay"], []
        seen.append((decay.idle, bool(decay.styles.text_style.dim)))
        app.panel["implementation"].focus()
        await pilot.press("right")
        seen.append((decay.idle, bool(decay.styles.text_style.dim)))
        app.panel.take({"implementation": "scratch"})
        seen.append((decay.idle, bool(decay.styles.text_style.dim)))
    assert seen == [(WHY, True), ("", False), (WHY, True)]


async def test_help_says_why_at_once() -> None:
    app = Knobs(IDLING)
    async with app.run_test(size=(60, 30)) as pilot:
        app.panel["decay"].focus()
        await pilot.pause()
        words = app.panel.query_one(KnobHelp)
        assert str(words.content).startswith(f"{WHY}. A number from 0 to 100")
        app.panel.change({"implementation": "concise"})
        assert str(words.content).startswith("A number from 0 to 100")


async def test_an_idle_knob_still_turns() -> None:
    app = Knobs(IDLING)
    async with app.run_test(size=(60, 30)) as pilot:
        app.panel["decay"].focus()
        await pilot.press("right")
        assert app.told == [("decay", 10.0)]


def test_a_condition_on_what_is_not_there_is_refused() -> None:
    wrong = dataclasses.replace(EXPERIMENT["shift"], only_if=unless("biass", False))
    with pytest.raises(HyperparameterError, match="did you mean bias"):
        dataclasses.replace(EXPERIMENT, hyperparameters=(EXPERIMENT["bias"], wrong))
