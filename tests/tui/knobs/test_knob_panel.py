"""A panel of knobs: from one to the next, values that belong together, names that give way."""

from __future__ import annotations

import dataclasses

import pytest

from tests.tui.knobs.column import EXPERIMENT, Knobs
from tui_lab.errors import HyperparameterError
from tui_lab.hyperparameters import Choice, Hyperparameters, Int
from tui_lab.tui.knobs.companions import companions
from tui_lab.tui.knobs.help import KnobHelp, describe


async def test_moving_on_takes_what_was_typed_and_stays_at_what_is_wrong() -> None:
    app = Knobs()
    async with app.run_test(size=(40, 30)) as pilot:
        app.panel["decay"].focus()
        await pilot.press("7", "down")
        assert app.told == [("decay", 7.0)]
        assert app.focused is app.panel["epochs"]
        await pilot.press("0", "down")
        assert app.focused is app.panel["epochs"]
        assert "epochs must be" in app.error


async def test_a_short_panel_scrolls_to_its_knob() -> None:
    app = Knobs()
    async with app.run_test(size=(30, 10)) as pilot:
        app.panel["implementation"].focus()
        await pilot.press("end")
        await pilot.pause()
        assert app.panel["device"].region.bottom <= 10
        assert app.panel["device"].region.y > 0


async def test_help_says_what_the_knob_means_as_plain_text() -> None:
    app = Knobs()
    async with app.run_test(size=(60, 30)) as pilot:
        app.panel["bias"].focus()
        await pilot.press("down")
        await pilot.pause()
        shown = str(app.panel.query_one(KnobHelp).content)
    assert shown.startswith("1 to 64 numbers from -10 to 10 with commas between them; next run.")
    assert shown.endswith(" The [red]weights[/red].")
    assert describe(EXPERIMENT["decay"]).plain == "A number from 0 to 100; live. "


async def test_values_that_clash_are_said_so_but_kept() -> None:
    def clash(chosen: Hyperparameters) -> HyperparameterError | None:
        return None if chosen.bias else EXPERIMENT["epochs"].refuse("both")

    app = Knobs(dataclasses.replace(EXPERIMENT, constraint=clash))
    async with app.run_test(size=(40, 30)) as pilot:
        app.panel["bias"].focus()
        await pilot.press("right")
        await pilot.pause()
        assert "not 'both'" in app.error
        assert app.told == [("bias", False)]
        await pilot.press("right")
        await pilot.pause()
        assert app.error == ""


async def test_a_choice_brings_its_companions_unless_they_were_given() -> None:
    app = Knobs(
        dataclasses.replace(EXPERIMENT, companions={("implementation", "concise"): {"decay": 0.5}})
    )
    async with app.run_test(size=(40, 30)) as pilot:
        choice, decay = app.panel["implementation"], app.panel["decay"]
        choice.focus()
        await pilot.press("right")
        await pilot.pause()
        assert (choice.value, decay.value) == ("concise", 0.5)
        await pilot.press("right")
        await pilot.pause()
        assert (choice.value, decay.value) == ("scratch", 3.0)
        decay.change(7.0)
        await pilot.press("right")
        await pilot.pause()
        assert (choice.value, decay.value) == ("concise", 7.0)
        app.panel.change({"implementation": "scratch", "decay": 0.5})
        await pilot.pause()
        assert (choice.value, decay.value) == ("scratch", 0.5)


LONG = dataclasses.replace(
    EXPERIMENT,
    hyperparameters=(
        Int("number_of_validation_examples", default=1000, low=1, high=10_000),
        Choice("kind", ("covariate", "label")),
    ),
)


@pytest.mark.parametrize("width", [24, 28, 36, 60])
async def test_a_long_name_gives_way_to_the_values(width: int) -> None:
    app = Knobs(LONG)
    async with app.run_test(size=(width, 20)) as pilot:
        await pilot.pause()
        assert app.panel.has_class("-long")
        assert " 1000" in app.row("number_of_validation_examples")
        assert app.row("kind").rstrip().endswith("covariate")
        assert app.row("number_of_validation_examples").startswith(" number_")


async def test_short_names_are_whole() -> None:
    app = Knobs()
    async with app.run_test(size=(28, 20)) as pilot:
        await pilot.pause()
        assert not app.panel.has_class("-long")
        assert "implementation" in app.row("implementation")


async def test_knobs_turned_together_are_told_together() -> None:
    def clash(chosen: Hyperparameters) -> HyperparameterError | None:
        return EXPERIMENT["epochs"].refuse("half") if chosen.bias != (chosen.epochs < 500) else None

    app = Knobs(dataclasses.replace(EXPERIMENT, constraint=clash))
    async with app.run_test(size=(40, 30)) as pilot:
        app.panel.change({"epochs": 900, "bias": False, "shift": 0.0})
        await pilot.pause()
        assert app.turns == [{"epochs": 900, "bias": False}]
        assert app.error == ""
        app.panel.change({"epochs": 900})
        await pilot.pause()
        assert len(app.turns) == 1


async def test_a_choice_is_told_with_what_it_brings() -> None:
    app = Knobs(
        dataclasses.replace(EXPERIMENT, companions={("implementation", "concise"): {"decay": 0.5}})
    )
    async with app.run_test(size=(40, 30)) as pilot:
        app.panel["implementation"].focus()
        await pilot.press("right")
        await pilot.pause()
        assert app.turns == [{"implementation": "concise", "decay": 0.5}]


def test_of_the_defaults_of_several_choices_those_of_the_new_one_are_brought() -> None:
    experiment = dataclasses.replace(
        EXPERIMENT,
        companions={
            ("implementation", "concise"): {"decay": 0.5, "epochs": 7},
            ("bias", False): {"shift": 0.25},
        },
    )
    values = {**experiment.defaults, "implementation": "concise"}
    assert companions(experiment, "implementation", values) == {"decay": 0.5, "epochs": 7}
    mine = {**values, "decay": 9.0}
    assert companions(experiment, "implementation", mine) == {"epochs": 7}
    assert companions(experiment, "epochs", values) == {}
