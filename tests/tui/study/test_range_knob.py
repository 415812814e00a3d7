"""A knob of a study holds a value or a range, each changed by keys; what is no range changes
nothing and is said."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.studied import JUDGED, asked
from tui_lab.ranges import Range
from tui_lab.tui.study.panel import RangePanel, StudyPanel
from tui_lab.tui.study.range_knob import RangeKnob


class Ranges(App[None]):
    """The left half of the form alone."""

    def __init__(self) -> None:
        super().__init__()
        self.panel = RangePanel(JUDGED)
        self.told: list[str] = []
        self.said = ""
        """The sentence under the knobs in the end."""

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_range_knob_ranged(self, event: RangeKnob.Ranged) -> None:
        self.told.append(f"{event.knob.name} {event.knob.text}")

    def knob(self, name: str) -> RangeKnob:
        return self.panel.spans[name]


async def pressed(name: str, *keys: str, held: str = "") -> Ranges:
    """The panel after `keys` on one knob, which may hold a range before."""
    app = Ranges()
    async with app.run_test(size=(60, 30)) as pilot:
        if held:
            app.panel.take_ranges([Range.parse(JUDGED, f"{name}={held}")])
        app.knob(name).focus()
        await pilot.press(*keys)
        await pilot.pause()
        app.said = str(app.panel.query_one("#knob-error", Static).content)
    return app


@pytest.mark.parametrize(
    ("name", "held", "keys", "found"),
    [
        ("lr", "", ["x"], "lr=log:0.001..0.1"),
        ("weight_decay", "", ["x"], "weight_decay=linear:1.5..6"),
        ("hidden", "", ["x"], "hidden=log:6..640"),
        ("optimizer", "", ["x"], "optimizer=sgd,adam"),
        ("bias", "", ["x"], "bias=off,on"),
        ("lr", "", [*"0.01..1", "enter"], "lr=log:0.01..1"),
        ("weight_decay", "", [*"0,1,3", "enter"], "weight_decay=0,1,3"),
        ("weight_decay", "", [*"0..8:5", "enter"], "weight_decay=0,2,4,6,8"),
        ("widths", "", [*"8,8;4", "enter"], "widths=8,8;4"),
        ("lr", "log:0.001..0.1", ["right"], "lr=log:0.003..0.1"),
        ("lr", "log:0.001..0.1", ["left"], "lr=log:0.0003..0.1"),
        ("lr", "log:0.001..0.1", ["space", "right"], "lr=log:0.001..0.3"),
        ("lr", "log:0.001..0.1", ["space", "space", "right"], "lr=log:0.003..0.1"),
        ("lr", "log:0.001..0.1", ["l"], "lr=linear:0.001..0.1"),
        ("hidden", "log:6..640", ["shift+right"], "hidden=log:7..640"),
        ("optimizer", "sgd,adam", ["space"], "optimizer=adam"),
        ("optimizer", "sgd,adam", ["right", "space"], "optimizer=sgd"),
        ("optimizer", "adam", ["space"], "optimizer=sgd,adam"),
        ("weight_decay", "0,1,3", [*"5..7", "enter"], "weight_decay=linear:5..7"),
    ],
)
async def test_keys_give_a_range(name: str, held: str, keys: Sequence[str], found: str) -> None:
    app = await pressed(name, *keys, held=held)
    assert [str(span) for span in app.panel.ranges] == [found]
    assert app.said == ""
    assert app.knob(name).draft is None
    assert name not in app.panel.shared
    assert app.told[-1:] == [found.replace("=", " ", 1)]


async def test_a_nudge_of_a_list_begins_to_type_it() -> None:
    app = await pressed("weight_decay", "right", *",10", "enter", held="0,1,3")
    assert str(app.panel.ranges[0]) == "weight_decay=0,1,3,10"


@pytest.mark.parametrize("keys", [["x", "x"], ["x", *"0.3", "enter"]])
async def test_a_range_becomes_a_value_again(keys: Sequence[str]) -> None:
    app = await pressed("lr", *keys)
    assert app.panel.ranges == []
    assert app.panel.shared["lr"] in (0.01, 0.3)


@pytest.mark.parametrize(
    ("name", "held", "keys", "words"),
    [
        ("lr", "", [*"1..0.1", "enter"], "has to rise"),
        ("lr", "", [*"0.1..99", "enter"], "lr"),
        ("lr", "", [*"0.1,0.1", "enter"], "0.1 twice"),
        ("weight_decay", "linear:0..6", ["l"], "above 0"),
        ("optimizer", "sgd", ["space"], "has to take part"),
        ("lr", "", [*"0.1..x", "enter"], "x"),
    ],
)
async def test_what_is_no_range_is_said_and_changes_nothing(
    name: str, held: str, keys: Sequence[str], words: str
) -> None:
    app = await pressed(name, *keys, held=held)
    assert words in app.said
    assert app.panel.ranges == ([Range.parse(JUDGED, f"{name}={held}")] if held else [])


async def test_ends_do_not_meet() -> None:
    app = await pressed("hidden", "right", "right", held="linear:63..64")
    assert str(app.panel.ranges[0]) == "hidden=linear:63..64"


async def test_escape_gives_a_typed_range_up() -> None:
    app = await pressed("lr", *"0.1..", "escape")
    assert app.panel.ranges == []
    assert app.knob("lr").draft is None


@pytest.mark.parametrize(
    ("name", "held", "keys", "row"),
    [
        ("lr", "log:0.001..0.1", [], "↔lr           ◂ 0.001 … 0.1  log ▸"),
        ("optimizer", "adam", [], "↔optimizer    ◂ ·sgd ✓adam ▸"),
        ("weight_decay", "0,1,3", [], "↔λ weight_decay"),
    ],
)
async def test_a_row_shows_its_range(name: str, held: str, keys: Sequence[str], row: str) -> None:
    app = Ranges()
    async with app.run_test(size=(60, 30)) as pilot:
        app.panel.take_ranges([Range.parse(JUDGED, f"{name}={held}")])
        app.knob(name).focus()
        await pilot.press(*keys)
        await pilot.pause()
        shown = app.knob(name).render().plain
        squeezed = " ".join(shown.split())
        assert squeezed.startswith(" ".join(row.split()))


async def test_options_of_the_study_are_knobs_too() -> None:
    panel = StudyPanel(asked(seeds=3), ("val/loss", "val/accuracy"))
    assert panel.options == {
        "goal": "val/loss",
        "sampler": "tpe",
        "trials": 40,
        "seeds": 3,
        "slots": 1,
        "prune": False,
        "seed": 0,
        "device": "auto",
    }
