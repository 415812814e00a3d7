"""Many knobs stand in groups; one that does nothing at all folds to its heading."""

from __future__ import annotations

import dataclasses

import pytest

from tests.tui.knobs.column import EXPERIMENT, Knobs
from tui_lab.conditions import among
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.tui.knobs.heading import KnobHeading


def grouped() -> Experiment:
    """Two knobs that only the concise version has, under a heading, and others."""
    only = among("implementation", "concise")
    knobs = tuple(
        dataclasses.replace(h, only_if=only) if h.name in ("decay", "epochs") else h
        for h in EXPERIMENT.hyperparameters
    )
    headings = {"decay": "concise", "bias": "data"}
    return dataclasses.replace(EXPERIMENT, hyperparameters=knobs, headings=headings)


def rows(app: Knobs) -> list[str]:
    """What stands one below another: headings in words, knobs by name."""
    shown = [w for w in app.panel._list.children if w.display]
    return [
        w.render().plain.strip("─ ") if isinstance(w, KnobHeading) else str(w.name) for w in shown
    ]


async def test_a_group_that_does_nothing_is_its_heading_alone() -> None:
    app = Knobs(grouped())
    async with app.run_test(size=(60, 30)) as pilot:
        await pilot.pause()
        rest = ["data", "bias", "true_w", "shift", "run", "seed", "device"]
        assert rows(app) == ["implementation", "concise idle while implementation=scratch", *rest]
        app.panel["implementation"].focus()
        await pilot.press("right")
        await pilot.pause()
        assert rows(app) == ["implementation", "concise", "decay", "epochs", *rest]


async def test_keys_pass_over_what_is_folded() -> None:
    app = Knobs(grouped())
    async with app.run_test(size=(60, 30)) as pilot:
        app.panel["implementation"].focus()
        await pilot.press("down")
        assert app.focused is app.panel["bias"]
        await pilot.press("up", "right", "down")
        assert app.focused is app.panel["decay"]
        await pilot.press("end")
        assert app.focused is app.panel["device"]


async def test_a_knob_that_is_folded_away_is_not_the_current_one() -> None:
    app = Knobs(grouped())
    async with app.run_test(size=(60, 30)) as pilot:
        app.panel.take({"implementation": "concise"})
        app.panel["decay"].focus()
        await pilot.pause()
        app.panel.take({"implementation": "scratch"})
        await pilot.pause()
        assert app.panel.current is app.panel["implementation"]
        assert app.focused is app.panel.current
        app.panel.nudge_current(1)
        await pilot.pause()
        assert app.told == [("implementation", "concise")]


async def test_few_knobs_have_no_headings() -> None:
    app = Knobs()
    async with app.run_test(size=(60, 30)):
        assert rows(app) == [*EXPERIMENT.defaults, "seed", "device"]


def test_a_heading_above_nothing_is_refused() -> None:
    with pytest.raises(HyperparameterError, match="did you mean bias"):
        dataclasses.replace(EXPERIMENT, headings={"biass": "data"})
