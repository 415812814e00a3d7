"""A knob is nudged, typed and given up by keys; what is not a value changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.events import Key, Paste
from textual.widgets import Static

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice, Flag, Float, Hyperparameters, Int, Value, Vector
from tui_lab.tui.widgets.knob import clip
from tui_lab.tui.widgets.knob_panel import KnobPanel, describe

EXPERIMENT = Experiment(
    name="knobs",
    title="Knobs",
    chapter="",
    summary="",
    hyperparameters=(
        Choice("implementation", ("scratch", "concise")),
        Float("decay", symbol="λ", default=3.0, low=0.0, high=100.0, log=True, live=True),
        Int("epochs", default=100, low=1, high=1000, step=50),
        Flag("bias", default=True),
        Vector("true_w", default=(2.0, -3.4), low=-10, high=10, help="The [red]weights[/red]."),
        Float("shift", default=0.0, low=-1.0, high=1.0),
    ),
    metrics=(),
    pictures=(),
    program="knobs:Knobs",
)


class Knobs(App[None]):
    """The knobs alone, with what they tell written down."""

    def __init__(self, experiment: Experiment = EXPERIMENT) -> None:
        super().__init__()
        self.panel = KnobPanel(experiment, seed=0, device="auto")
        self.told: list[tuple[str, Value]] = []

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_knob_panel_changed(self, event: KnobPanel.Changed) -> None:
        self.told.append((event.name, event.value))

    @property
    def error(self) -> str:
        return str(self.panel.query_one("#knob-error", Static).content)

    def row(self, name: str) -> str:
        return self.panel[name].render().plain


async def told(name: str, keys: Sequence[str]) -> tuple[Knobs, list[tuple[str, Value]]]:
    """What the panel says after `keys` on the knob `name`."""
    app = Knobs()
    async with app.run_test(size=(40, 30)) as pilot:
        app.panel[name].focus()
        await pilot.press(*keys)
        await pilot.pause()
    return app, app.told


@pytest.mark.parametrize(
    ("name", "keys", "value"),
    [
        ("decay", ["right"], 10.0),
        ("decay", ["right_square_bracket"], 10.0),
        ("decay", ["left"], 1.0),
        ("decay", ["left_square_bracket"], 1.0),
        ("decay", ["shift+right"], 4.0),
        ("decay", ["right_curly_bracket"], 4.0),
        ("decay", ["left_curly_bracket"], 2.0),
        ("epochs", ["right"], 150),
        ("epochs", ["shift+left"], 99),
        ("implementation", ["right"], "concise"),
        ("implementation", ["left"], "concise"),
        ("bias", ["right"], False),
        ("seed", ["right"], 1),
        ("device", ["right"], "cpu"),
        ("decay", ["1", "2", ".", "5", "enter"], 12.5),
        ("decay", ["1", "e", "-", "3", "enter"], 1e-3),
        ("decay", ["1", "2", "backspace", "enter"], 1.0),
        ("epochs", ["backspace", "backspace", "enter"], 1),
        ("shift", ["-", "0", ".", "5", "enter"], -0.5),
        ("true_w", ["1", ",", "2", "enter"], (1.0, 2.0)),
        ("true_w", ["right", "comma", "5", "enter"], (2.0, -3.4, 5.0)),
        ("epochs", ["9", "ctrl+u", "7", "enter"], 7),
    ],
)
async def test_keys_give_a_value(name: str, keys: Sequence[str], value: Value) -> None:
    app, changes = await told(name, keys)
    assert changes == [(name, value)]
    assert app.panel[name].value == value
    assert app.panel[name].draft is None


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("decay", ["9", "escape"]),
        ("epochs", ["1", "0", "0", "enter"]),
        ("implementation", ["1"]),
        ("implementation", ["enter"]),
        ("bias", ["space"]),
        ("decay", ["space", "enter", "full_stop", "r"]),
        ("decay", ["5", "left", "escape"]),
    ],
)
async def test_keys_that_change_nothing(name: str, keys: Sequence[str]) -> None:
    app, changes = await told(name, keys)
    assert changes == []
    assert app.panel[name].value == EXPERIMENT[name].default


@pytest.mark.parametrize(
    ("name", "keys", "sentence"),
    [
        ("decay", ["1", "0", "1"], "decay must be a number from 0 to 100, not '101'."),
        ("decay", ["1", "x"], "decay must be a number from 0 to 100, not '1x'."),
        (
            "decay",
            ["1", "backspace"],
            "decay must be a number from 0 to 100, but nothing was given.",
        ),
        ("epochs", ["1", ".", "5"], "epochs must be a whole number from 1 to 1,000, not '1.5'."),
        ("decay", ["-", "n", "a", "n"], "decay must be a number from 0 to 100, not '-nan'."),
    ],
)
async def test_bad_text_is_one_sentence_and_no_value(
    name: str, keys: Sequence[str], sentence: str
) -> None:
    app = Knobs()
    async with app.run_test(size=(40, 30)) as pilot:
        app.panel[name].focus()
        await pilot.press(*keys, "enter")
        assert app.error == sentence
        assert app.panel[name].value == EXPERIMENT[name].default
        assert app.panel[name].draft is not None
        await pilot.press("escape")
        await pilot.pause()
        assert app.error == ""
        assert app.panel[name].draft is None
        assert app.told == []


async def test_arrows_and_letters_move_between_knobs() -> None:
    app = Knobs()
    async with app.run_test(size=(40, 30)) as pilot:
        app.panel["implementation"].focus()
        await pilot.press("down", "j", "j", "up", "k")
        assert app.focused is app.panel["decay"]
        await pilot.press("end")
        assert app.focused is app.panel["device"]
        await pilot.press("down", "home")
        assert app.focused is app.panel["implementation"]
        await pilot.press("escape")
        assert app.focused is None


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


async def test_the_row_shows_arrows_default_and_what_waits() -> None:
    app = Knobs()
    async with app.run_test(size=(60, 30)) as pilot:
        app.panel["decay"].focus()
        await pilot.press("right")
        assert app.row("decay").startswith("•λ decay        ◂ 10 ▸")
        assert app.row("epochs").rstrip() == " epochs           100"
        app.panel.follow({"epochs": 3, "decay": 3.0})
        assert app.row("epochs").rstrip().endswith("100 next run")
        assert "next run" not in app.row("decay")
        app.panel.follow({"epochs": 3}, everything=True)
        assert "next run" not in app.row("epochs")
        app.panel["decay"].pending = True
        assert app.row("decay").startswith("…")


async def test_help_says_what_the_knob_means_as_plain_text() -> None:
    app = Knobs()
    async with app.run_test(size=(60, 30)) as pilot:
        app.panel["bias"].focus()
        await pilot.press("down")
        await pilot.pause()
        shown = str(app.panel.query_one("#knob-help", Static).content)
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


async def test_pasted_text_holds_no_escape() -> None:
    app = Knobs()
    async with app.run_test(size=(40, 30)) as pilot:
        knob = app.panel["decay"]
        knob.focus()
        await pilot.pause()
        app.post_message(Paste("1\x1b[31m2\n"))
        await pilot.pause()
        assert knob.draft == "1 [31m2"


def test_text_is_cut() -> None:
    assert clip("abcdef", 4) == "abc…"
    assert clip("abc", 3) == "abc"


async def test_keys_that_come_faster_than_the_focus_turn_the_knob_they_mean() -> None:
    app = Knobs()
    async with app.run_test(size=(40, 30)) as pilot:
        first, second = app.panel["implementation"], app.panel["decay"]
        before = (first.value, second.value)
        first.focus()
        await pilot.pause()
        for key in ("down", "right"):
            app.post_message(Key(key, None))  # both are there before either is handled
        await pilot.pause()
        assert first.value == before[0]
        assert second.value != before[1]


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
