"""A knob is nudged, typed and given up by keys; what is not a value changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.events import Key, Paste

from tests.tui.knobs.column import EXPERIMENT, Knobs
from tui_lab.hyperparameters import Value
from tui_lab.tui.knobs.knob import clip


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
        ("decay", ["9", "backspace", "enter"]),
        ("decay", ["9", "backspace", "down"]),
        ("decay", ["9", "backspace", "backspace"]),
        ("decay", ["9", "ctrl+u", "space", "enter"]),
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


@pytest.mark.parametrize(
    ("name", "domain"),
    [("implementation", "one of scratch, concise"), ("bias", "on or off")],
)
async def test_digits_on_a_choice_are_refused_aloud(name: str, domain: str) -> None:
    app = Knobs()
    async with app.run_test(size=(60, 30)) as pilot:
        app.panel[name].focus()
        await pilot.press("1")
        assert app.error == f"{name} is {domain}; ← and → choose."
        await pilot.press("down")
        await pilot.pause()
        assert app.error == ""
        await pilot.press("up", "0", "right")
        await pilot.pause()
        assert app.error == ""
        assert [changed for changed, _ in app.told] == [name]


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
