"""Protects the laboratory of requires_grad: what each case shows is what the calculus and PyTorch
itself say, and the code on screen is the code that ran."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
import torch

from tests.experiments.autograd_driver import (
    NAME,
    OTHER,
    USUAL,
    demonstration,
    run,
    sight,
    table,
)
from tests.experiments.driver import build, evaluate
from tui_lab.experiment import KeyFigures
from tui_lab.experiments.autograd import EXPERIMENT, NAMES, UNDER
from tui_lab.experiments.autograd import execution as autograd
from tui_lab.experiments.autograd.witness import Given

DATA = "element 0 of tensors does not require grad and does not have a grad_fn"
ARRAY = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
STANDS = {"no_grad", "inference_mode", "factories"}
STANDS |= {"numpy_refused", "numpy_under_no_grad", "detach_numpy", "detach_clone_numpy"}
"""Cases that ask for no gradient where a switch forbids it, beside those of enable_grad."""


def test_every_case_is_declared_and_has_a_preset() -> None:
    assert tuple(autograd.CASES) == NAMES
    assert tuple(autograd.UNDER) == UNDER
    assert {preset.values["case"] for preset in EXPERIMENT.presets} == set(NAMES)


GRADIENTS: dict[str, Callable[[Given], float]] = {
    "expression": lambda p: (p.w * p.x + 0.5 - 1) * p.x,
    "nested_enable_grad": lambda p: 2 * p.w * p.x**2,
    "detach": lambda p: p.w * p.x,
    "not_detached": lambda p: 2 * p.w * p.x,
    "accumulate": lambda p: p.times * p.w * p.x**2,
    "zero_grad": lambda p: p.w * p.x**2,
    "retain_graph": lambda p: 2 * p.w * p.x**2,
    "retain_grad": lambda p: (p.w * p.x + 1) * p.x,
    "freeze_late": lambda p: 2 * p.w,
}
"""Worked out by hand."""
MOVES: dict[str, Callable[[Given], float]] = {
    "leaf_under_no_grad": lambda p: -p.lr * p.w * p.x**2,
    "reassigned": lambda p: -p.lr * p.w * p.x**2,
    "freeze_before": lambda p: 0.0,
    "freeze_in_no_grad": lambda p: 0.0,
    "freeze_late": lambda p: -p.lr * 2 * p.w,
    "freeze_none": lambda p: 0.0,
    "freeze_zeroed": lambda p: 0.0,
    "freeze_zeroed_decay": lambda p: -p.lr * 0.5 * p.w,
    "freeze_zeroed_momentum": lambda p: -p.lr * 0.9 * 2 * p.w,
    "unfreeze": lambda p: -p.lr * p.w * p.x**2,
    "no_grad_layer": lambda p: 0.0,
}
"""From the moment w is first shown to the last."""


@pytest.mark.parametrize("given", [USUAL, OTHER])
@pytest.mark.parametrize("case", GRADIENTS)
def test_gradients_are_those_of_the_calculus(case: str, given: Given) -> None:
    expected = GRADIENTS[case](given)
    assert sight(case, "w", given).grad_number == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("given", [USUAL, OTHER])
@pytest.mark.parametrize("case", MOVES)
def test_what_moves_moves_by_the_update_rule(case: str, given: Given) -> None:
    first, last = run(case, given=given).see.first("w"), sight(case, "w", given)
    assert first is not None
    assert last.number - first.number == pytest.approx(MOVES[case](given), rel=1e-5, abs=1e-7)


def test_the_notes_frozen_too_late() -> None:
    """1 → 0.8, as in experiments on the notes' mistake."""
    assert demonstration(case="freeze_late")[1]["value/w"] == pytest.approx(0.8)
    assert not sight("freeze_late", "w").requires_grad


def test_the_rest_learns_while_w_is_frozen() -> None:
    for case in ("freeze_before", "freeze_in_no_grad"):
        _, measured = demonstration(case=case)
        assert measured["moved/w"] == 0
        assert measured["moved/b"] == pytest.approx(-0.1 * 2.5)
        assert math.isnan(measured["grad/w"])
    assert sight("no_grad_layer", "v").number == pytest.approx(0.5 - 0.1 * (2 + 0.25))


def test_accumulation_is_shown_backward_by_backward() -> None:
    grads = [s.grad for s in run("accumulate").see.sights if s.name == "w"]
    assert grads == ["4", "8", "12"]
    assert [s.grad for s in run("zero_grad").see.sights if s.name == "w"] == ["4", "4", "4"]


@pytest.mark.parametrize(
    ("case", "text", "line"),
    [
        ("no_grad_backward", DATA, "loss.backward()"),
        ("inference_mode", "Inference tensors cannot be saved for backward", "loss = (w * y) ** 2"),
        ("whole_numbers", "floating point", "k.requires_grad_()"),
        (
            "leaf_in_place",
            "a leaf Variable that requires grad is being used in an in-place operation.",
            "w -= p.lr * w.grad",
        ),
        ("backward_twice", "backward through the graph a second time", "loss.backward()"),
        ("saved_and_changed", "modified by an inplace operation", "loss.backward()"),
        ("no_create_graph", DATA, "[second] = torch.autograd.grad(first, w)"),
        ("derivative_of_a_line", DATA, "[second] = torch.autograd.grad(first, w)"),
        ("numpy_refused", ARRAY, "w.numpy()"),
        ("with_exception", DATA, "loss.backward()"),
        ("not_a_scalar", "grad can be implicitly created only for scalar", "loss.backward()"),
    ],
)
def test_what_raises_raises_pytorchs_own_words(case: str, text: str, line: str) -> None:
    assert text in str(run(case).error)
    rows = table("code", case=case)
    [at_fault] = [row[1].strip() for row in rows if row[0] == "▶"]
    assert at_fault == line
    said = " ".join(row[1] for row in rows if row[0] == "!")
    assert said == " ".join(f"RuntimeError: {run(case).error}".split())
    assert demonstration(case=case)[1]["exceptions/raised"] == 1
    assert table("tensors", case=case)[-1][0] == "RuntimeError!"


def test_nothing_else_raises() -> None:
    raised = {case for case in NAMES if run(case).error is not None}
    assert raised == {
        "no_grad_backward",
        "inference_mode",
        "whole_numbers",
        "leaf_in_place",
        "backward_twice",
        "saved_and_changed",
        "not_a_scalar",
        "no_create_graph",
        "derivative_of_a_line",
        "numpy_refused",
        "with_exception",
    }


def test_the_notes_truth_table() -> None:
    """False, None, False; and w is 10×5, not a scalar."""
    w, v = sight("no_grad", "w"), sight("no_grad", "v")
    assert (w.requires_grad, w.grad_fn, w.value) == (False, "None", "10×5")
    assert (v.requires_grad, v.grad_fn) == (True, "AddBackward0")


def test_only_what_is_computed_under_no_grad_goes_without() -> None:
    shown = run("factories").see
    asks = {name: s.requires_grad for name in shown.tensors if (s := shown.last(name))}
    assert asks == {"computed": False, "made": True, "parameter": True, "asked": True}


def test_enable_grad_adds_nothing_where_it_is_on() -> None:
    y, z = sight("enable_grad", "y"), sight("enable_grad", "z")
    assert (y.requires_grad, y.grad_fn) == (z.requires_grad, z.grad_fn) == (True, "MulBackward0")


def test_who_keeps_a_gradient() -> None:
    grads = {name: sight("retain_grad", name).grad for name in ("w", "y", "z", "loss")}
    assert grads == {"w": "6", "y": "not kept", "z": "3", "loss": "not kept"}
    last = sight("reassigned", "w")
    assert (last.is_leaf, last.grad) == (False, "not kept")


@pytest.mark.parametrize("under", ["no_grad", "inference_mode"])
def test_under_a_switch_there_is_nothing_to_go_back_through(under: str) -> None:
    for case in NAMES:
        if "enable_grad" not in case and case not in STANDS:
            assert run(case, under).error is not None
    assert str(run("expression", under).error) == DATA
    _, measured = demonstration(case="expression", under=under)
    assert measured["graph/nodes"] == measured["saved/bytes"] == 0


def test_the_innermost_switch_counts_but_not_against_inference_mode() -> None:
    assert run("nested_enable_grad", "no_grad").error is None
    assert str(run("nested_enable_grad", "inference_mode").error) == DATA
    assert "(inference)" in sight("nested_enable_grad", "y", under="inference_mode").value


@pytest.mark.parametrize(
    ("altered", "usual"),
    [
        ({"case": "detach"}, {}),
        ({"under": "no_grad"}, {}),
        ({"x": 3}, {}),
        ({"w": 2}, {}),
        ({"lr": 0.2}, {"case": "unfreeze"}),
        ({"times": 2}, {"case": "accumulate"}),
    ],
)
def test_no_knob_is_ignored(altered: dict[str, Any], usual: dict[str, Any]) -> None:
    assert demonstration(**{**usual, **altered})[1] != demonstration(**usual)[1]


def test_the_seed_decides_and_nothing_around_notices() -> None:
    torch.manual_seed(123)
    before = torch.get_rng_state()
    one, same, other = (build(NAME, seed, case="network") for seed in (4, 4, 5))
    assert evaluate(one)["value/loss"] == evaluate(same)["value/loss"]
    assert evaluate(one)["value/loss"] != evaluate(other)["value/loss"]
    assert torch.equal(before, torch.get_rng_state())
    assert torch.is_grad_enabled()


def test_it_is_not_disturbed_by_the_mode_it_is_built_in() -> None:
    with torch.no_grad():
        assert evaluate(build(NAME))["grad/w"] == 3


@pytest.mark.parametrize("case", NAMES)
@pytest.mark.parametrize("under", UNDER)
def test_every_case_stands_every_value(case: str, under: str) -> None:
    for x, w, lr, times in ((10.0, 10.0, 10.0, 20), (-10.0, -10.0, 0.0, 1), (0.0, 0.0, 1e-3, 2)):
        found = autograd.execute(case, under, Given(x, w, lr, times), 1)
        assert found.see.sights
        assert (found.error is None) == (found.error_line == -1)


def test_pictures_and_metrics_are_the_declared_ones() -> None:
    program, measured = demonstration()
    assert list(measured) == [metric.key for metric in EXPERIMENT.metrics]
    titles = {p.title for p in EXPERIMENT.pictures if not isinstance(p, KeyFigures)}
    shown = program.pictures()
    assert set(shown) == titles
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown


def test_all_cases_are_in_one_table() -> None:
    rows = {row[0].strip(" ▸"): row[1:] for row in table("all cases", case="detach")}
    assert tuple(rows) == NAMES
    assert rows["leaf_in_place"][0] == "RuntimeError"
    assert rows["freeze_zeroed_decay"][2] == "-0.05"
    assert all(row[-1].endswith(".") for row in rows.values())


def test_the_lesson_names_every_preset() -> None:
    lesson = resources.files("tui_lab.experiments.autograd").joinpath("notes.md")
    text = lesson.read_text(encoding="utf-8")
    assert text.startswith(f"# {EXPERIMENT.title}\n")
    assert all(f"`{preset.name}`" in text for preset in EXPERIMENT.presets)
    assert all(len(line) <= 80 for line in text.splitlines())


def test_answers_hold_figures_that_the_run_has() -> None:
    for preset in EXPERIMENT.presets:
        if preset.question is not None:
            _, measured = demonstration(**preset.values)
            for key in re.findall(r"{([^}]*)}", preset.question.answer):
                assert math.isfinite(measured[key])
