"""Protects the activation functions: values and gradients against numpy and finite differences, the
notes' own grid, what happens at 0, and that every knob is honoured."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pytest

from tests.experiments.driver import Array, build, evaluate
from tests.experiments.lessons import lesson
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import KeyFigures
from tui_lab.experiments.activations import EXPERIMENT, NAMES
from tui_lab.training.program import Program

NAME = "activations"
DRAWN = "f and f′"

erf = np.vectorize(math.erf)

ORACLES: dict[str, Callable[[Array], Array]] = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "leaky-relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "gelu-tanh": lambda x: x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
}
"""Written once more, as the papers have them."""


@cache
def demonstration(**values: Any) -> tuple[Program, dict[str, float]]:
    program = build(NAME, **values)
    return program, evaluate(program)


def line(program: Program, name: str) -> tuple[Array, Array]:
    layer = program.pictures()[DRAWN][f"line {name}"]
    return np.array(layer["x"]), np.array(layer["y"])


@pytest.mark.parametrize("name", NAMES)
def test_functions_are_those_of_the_papers(name: str) -> None:
    program, _ = demonstration(activation=name, dtype="float64")
    x, y = line(program, "f")
    np.testing.assert_allclose(y, ORACLES[name](x), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_finite_differences(name: str) -> None:
    program, _ = demonstration(activation=name, dtype="float64", low=-6.05, high=6)
    x, slope = line(program, "f′ by autograd")
    h = 1e-5
    difference = (ORACLES[name](x + h) - ORACLES[name](x - h)) / (2 * h)
    np.testing.assert_allclose(slope, difference, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("dtype", "most"), [("float32", 3e-6), ("float64", 1e-14)])
def test_only_rounding_lies_between_autograd_and_the_closed_form(
    name: str, dtype: str, most: float
) -> None:
    _, measured = demonstration(activation=name, dtype=dtype)
    assert measured["error/gradient"] <= most
    assert measured["error/function"] <= most


def test_the_largest_difference_is_that_of_the_picture() -> None:
    program, measured = demonstration(activation="silu")
    shown = program.pictures()["autograd − closed form"]["points"]["y"]
    assert max(map(abs, shown)) == measured["error/gradient"] > 0


@pytest.mark.parametrize(
    ("name", "value", "slope"),
    [
        ("relu", 0, 0),
        ("sigmoid", 0.5, 0.25),
        ("tanh", 0, 1),
        ("leaky-relu", 0, 0.01),
        ("elu", 0, 1),
        ("gelu", 0, 0.5),
        ("gelu-tanh", 0, 0.5),
        ("silu", 0, 0.5),
        ("softplus", math.log(2), 0.5),
    ],
)
def test_value_and_gradient_at_exactly_0(name: str, value: float, slope: float) -> None:
    _, measured = demonstration(activation=name)
    assert measured["value/0"] == pytest.approx(value, rel=1e-6)
    assert measured["grad/0"] == pytest.approx(slope, rel=1e-6)


def test_the_notes_grid_does_not_hold_an_exact_0() -> None:
    """Subtle point 19: the x that should be 0 is a hair off, and its gradient counts."""
    _, measured = demonstration()
    assert measured["points/all"] == 160
    assert abs(measured["points/nearest_0"]) < 1e-12
    assert measured["points/nonzero"] == (80 if measured["points/nearest_0"] > 0 else 79)
    assert (measured["grad/first"], measured["grad/last"]) == (0, 1)
    program, _ = demonstration()
    rows = program.pictures()["around 0"]["table"]["rows"]
    assert rows[-1] == ["exactly 0", 0.0, 0.0, 0.0]
    assert ["x[80]", measured["points/nearest_0"], measured["points/nearest_0"], 1.0] in rows


def test_known_extremes() -> None:
    """max σ′ = 1/4, max GELU′ ≈ 1.1289 at √2, max SiLU′ ≈ 1.0998, all on a fine grid."""
    fine: dict[str, Any] = {"dtype": "float64", "step": 0.001}
    largest = {
        name: demonstration(activation=name, **fine)[1]["grad/largest"]
        for name in ("sigmoid", "gelu", "silu")
    }
    gelu = (1 + math.erf(1)) / 2 + math.sqrt(2) * math.exp(-1) / math.sqrt(2 * math.pi)
    assert largest == pytest.approx({"sigmoid": 0.25, "gelu": gelu, "silu": 1.09984}, rel=1e-5)


def test_softplus_is_cut_off_at_20() -> None:
    _, below = demonstration(activation="softplus", dtype="float64", high=20)
    _, beyond = demonstration(activation="softplus", dtype="float64", high=40)
    assert below["error/gradient"] < 1e-15
    assert beyond["error/gradient"] == pytest.approx(math.exp(-20), rel=0.3)


def test_saturation_is_the_share_with_a_small_gradient() -> None:
    _, measured = demonstration(activation="sigmoid")
    x = np.arange(-8, 8, 0.1)
    s = ORACLES["sigmoid"](x)
    assert measured["share/saturated"] == pytest.approx(np.mean(s * (1 - s) < 0.01))


@pytest.mark.parametrize(
    ("altered", "usual"),
    [
        ({"activation": "tanh"}, {}),
        ({"low": -4}, {}),
        ({"high": 4}, {}),
        ({"step": 0.2}, {}),
        ({"slope": 0.3}, {"activation": "leaky-relu"}),
        ({"alpha": 2}, {"activation": "elu"}),
        ({"dtype": "float64"}, {"activation": "sigmoid"}),
    ],
)
def test_no_knob_is_ignored(altered: dict[str, Any], usual: dict[str, Any]) -> None:
    assert demonstration(**{**usual, **altered})[1] != demonstration(**usual)[1]


def test_knobs_reach_their_functions() -> None:
    _, leaky = demonstration(activation="leaky-relu", slope=0.3, dtype="float64")
    assert leaky["grad/0"] == leaky["grad/first"] == 0.3
    assert leaky["error/gradient"] == 0
    _, elu = demonstration(activation="elu", alpha=2, dtype="float64")
    assert elu["grad/0"] == 2.0
    assert elu["error/gradient"] < 1e-15


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"low": 8}, "low"),
        ({"low": 2, "high": -2}, "low"),
        ({"low": -1000, "high": 1000, "step": 1e-3}, "step"),
        ({"step": 0}, "step"),
        ({"activation": "swish"}, "activation"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], name: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        EXPERIMENT.choose(values)
    assert refused.value.name == name
    assert str(refused.value).startswith(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_ends_of_every_domain_are_finite(name: str) -> None:
    for values in (
        {"low": -1000, "high": 1000, "step": 0.1, "alpha": 0, "slope": 0},
        {"low": 999.9, "high": 1000, "step": 1e-4, "alpha": 10, "slope": 2, "dtype": "float64"},
        {"low": 0, "high": 1, "step": 100},
    ):
        program, measured = demonstration(activation=name, **values)
        assert all(map(math.isfinite, measured.values()))
        shown = program.pictures()
        assert json.loads(json.dumps(shown, allow_nan=False)) == shown
        assert len(shown[DRAWN]["line f"]["x"]) <= 500


def test_pictures_and_metrics_are_the_declared_ones() -> None:
    program, measured = demonstration()
    assert list(measured) == [metric.key for metric in EXPERIMENT.metrics]
    titles = {p.title for p in EXPERIMENT.pictures if not isinstance(p, KeyFigures)}
    assert set(program.pictures()) == titles


def test_all_activations_are_compared_over_the_same_range() -> None:
    program, measured = demonstration(activation="gelu")
    rows = {
        row[0].strip(" ▸"): row[1:]
        for row in program.pictures()["all activations"]["table"]["rows"]
    }
    assert tuple(rows) == NAMES
    assert rows["gelu"][3:5] == [measured["grad/largest"], measured["share/saturated"]]
    assert rows["tanh"][:3] == pytest.approx([-1, 1, 1], abs=1e-6)


def test_the_table_says_how_far_gelu_by_its_tanh_formula_is_from_gelu() -> None:
    program, _ = demonstration(activation="gelu-tanh", dtype="float64")
    table = program.pictures()["all activations"]["table"]
    off = {
        row[0].strip(" ▸"): row[table["columns"].index("max |f − GELU|")] for row in table["rows"]
    }
    x = np.arange(-8, 8, 0.1)
    gelu = x * (1 + erf(x / math.sqrt(2))) / 2
    by_tanh = x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    assert off["gelu-tanh"] == pytest.approx(abs(by_tanh - gelu).max(), rel=1e-9)
    assert off["gelu"] == 0
    assert off["relu"] == pytest.approx(abs(np.maximum(x, 0) - gelu).max(), rel=1e-9)
    assert f"more than {off['gelu-tanh']:.5f} off" in lesson(NAME)


def test_the_lesson_names_every_preset() -> None:
    notes = resources.files("tui_lab.experiments.activations").joinpath("notes.md")
    text = notes.read_text(encoding="utf-8")
    assert text.startswith(f"# {EXPERIMENT.title}\n")
    assert all(f"- `{preset.name}`" in text for preset in EXPERIMENT.presets)
    assert all(len(written) <= 80 for written in text.splitlines())


def test_every_preset_can_be_chosen_and_answers_with_its_own_figures() -> None:
    for preset in EXPERIMENT.presets:
        _, measured = demonstration(**preset.values)
        if preset.question is not None:
            keys = re.findall(r"{([^}]*)}", preset.question.answer)
            assert keys
            assert set(keys) <= set(measured)
