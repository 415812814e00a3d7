"""Protects gradient flow in a network: gradients by layer against the chain rule written out in
numpy, what vanishes and what explodes, and the symmetry that is never broken."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pytest
import torch

from tests.experiments.driver import Array, build, evaluate, flat, set_hyperparameter
from tui_lab.experiment import KeyFigures
from tui_lab.experiments.gradient_flow import EXPERIMENT
from tui_lab.experiments.gradient_flow.program import GradientFlow
from tui_lab.training.phase import BACKWARD, FORWARD, UPDATE, ZERO_GRAD
from tui_lab.training.state import capture, restore

NAME = "gradient-flow"
SMALL: dict[str, Any] = {
    "depth": 3,
    "width": 8,
    "examples": 60,
    "batch_size": 16,
    "epochs": 2,
    "dtype": "float64",
    "matrices": 5,
    "repeats": 3,
    "chain": 5,
}
"""60 = 3 × 16 + 12: the last batch is short."""


def small(seed: int = 0, **values: Any) -> GradientFlow:
    program = build(NAME, seed, **{**SMALL, **values})
    assert isinstance(program, GradientFlow)
    return program


def drive(program: GradientFlow, steps: int) -> list[float]:
    losses: list[float] = []
    while len(losses) < steps:
        for X, y in program.batches:
            assert tuple(program.step((X, y))) == (FORWARD, BACKWARD, UPDATE, ZERO_GRAD)
            assert program.loss is not None
            losses.append(program.loss.detach().mean().item())
            if len(losses) == steps:
                break
    return losses


@cache
def trained(seed: int = 0, **values: Any) -> dict[str, float]:
    program = small(seed, **values)
    drive(program, program.epochs * len(program.batches))
    return evaluate(program)


@cache
def started(seed: int = 0, **values: Any) -> dict[str, float]:
    """The measurements of a full-size network before its first step."""
    return evaluate(build(NAME, seed, **{"matrices": 2, "repeats": 1, "examples": 300, **values}))


def weights(program: GradientFlow) -> list[tuple[Array, Array]]:
    return [(W.detach().numpy().copy(), b.detach().numpy().copy()) for W, b in program.layers]


def oracle(layers: list[tuple[Array, Array]], X: Array, y: Array) -> list[tuple[Array, Array]]:
    """Gradients of the mean cross-entropy of a tanh network, by the chain rule alone."""
    inputs = [X]
    for W, b in layers[:-1]:
        inputs.append(np.tanh(inputs[-1] @ W + b))
    scores = inputs[-1] @ layers[-1][0] + layers[-1][1]
    delta = np.exp(scores - scores.max(1, keepdims=True))
    delta /= delta.sum(1, keepdims=True)
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    gradients = []
    for (W, _), h in zip(reversed(layers), reversed(inputs), strict=True):
        gradients.append((h.T @ delta, delta.sum(0)))
        delta = (delta @ W.T) * (1 - h**2)
    return gradients[::-1]


def test_every_step_is_the_chain_rules() -> None:
    program = small(activation="tanh", lr=0.3)
    layers = weights(program)
    for X, y in program.batches:
        gradients = oracle(layers, X.numpy(), y.numpy())
        layers = [
            (W - 0.3 * g, b - 0.3 * h) for (W, b), (g, h) in zip(layers, gradients, strict=True)
        ]
        tuple(program.step((X, y)))
        for (W, b), (V, c) in zip(weights(program), layers, strict=True):
            np.testing.assert_allclose(W, V, rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(b, c, rtol=1e-10, atol=1e-12)


def test_gradients_by_layer_are_those_of_the_fixed_batch() -> None:
    program = small(activation="tanh", examples=300)
    drive(program, 4)
    X, y = (tensor.numpy()[:256] for tensor in program.batches.tensors)
    norms = [np.linalg.norm(g) for g, _ in oracle(weights(program), X, y)]
    bars = program.pictures()["gradient by layer"]["now"]
    np.testing.assert_allclose(bars["values"], norms, rtol=1e-10)
    assert bars["labels"] == ["1", "2", "3", "4"]
    measured = evaluate(program)
    assert measured["grad/first"] == pytest.approx(norms[0])
    assert measured["grad/last"] == pytest.approx(norms[-1])
    assert measured["grad/ratio"] == pytest.approx(norms[0] / norms[-1])


def test_measuring_leaves_no_trace() -> None:
    looked, not_looked = small(3), small(3)
    for _ in range(4):
        evaluate(looked)
        looked.pictures()
        assert all(p.grad is None for p in looked.parameters().values())
        assert drive(looked, 1) == drive(not_looked, 1)


def test_the_marks_stay_where_the_gradients_were_at_first() -> None:
    program = small()
    before = program.start_pictures()["gradient by layer"]["reference"]["values"]
    assert before == program.pictures()["gradient by layer"]["now"]["values"]
    ratio = evaluate(program)["grad/ratio"]
    drive(program, 5)
    assert program.start_pictures()["gradient by layer"]["reference"]["values"] == before
    assert evaluate(program)["grad/ratio_start"] == ratio == before[0] / before[-1]


def test_sigmoids_vanish_over_twenty_layers() -> None:
    """2e-13 with Xavier; tanh with the same weights, and ReLU with He's, are within a factor."""
    ratios = [started(seed)["grad/ratio_start"] for seed in range(3)]
    assert all(2e-14 < ratio < 2e-12 for ratio in ratios)
    assert 0.1 < started(activation="tanh")["grad/ratio_start"] < 10
    assert 0.1 < started(activation="relu", init="he")["grad/ratio_start"] < 10
    assert started(activation="relu", init="default")["grad/ratio_start"] < 1e-5
    assert 1e-3 < started(depth=2)["grad/ratio_start"] < 1


def test_small_weights_vanish_to_nothing_and_large_ones_explode() -> None:
    normal = {"activation": "relu", "init": "normal"}
    assert 0 < started(**normal)["grad/first"] < 1e-20
    assert started(**normal, depth=50)["grad/first"] == 0
    assert started(**normal, depth=50, dtype="float64")["grad/first"] > 0
    assert started(**normal, init_scale=0.5)["grad/first"] > 1e6


def test_the_signal_is_the_spread_over_the_batch() -> None:
    program = small(activation="tanh")
    h = program.batches.tensors[0].numpy()
    spreads = []
    for W, b in weights(program)[:-1]:
        h = np.tanh(h @ W + b)
        spreads.append(math.sqrt(((h - h.mean(0)) ** 2).mean()))
    shown = program.pictures()["signal by layer"]["bars"]["values"]
    np.testing.assert_allclose(shown, spreads, rtol=1e-10)
    assert evaluate(program)["signal/last"] == pytest.approx(spreads[-1])


def test_constant_weights_stay_alike_for_ever() -> None:
    """Point 26: up to rounding, whatever the type; random ones spread at once."""
    values: dict[str, Any] = {"activation": "tanh", "epochs": 8, "lr": 0.5}
    constant = {**values, "init": "constant", "init_scale": 0.3}
    assert evaluate(small(**constant))["symmetry/spread"] == 0
    after = trained(**constant)
    assert after["symmetry/spread"] < 1e-14
    assert trained(**constant, dtype="float32")["symmetry/spread"] < 1e-5
    assert trained(**values)["symmetry/spread"] > 0.1
    moved = flat(small(**constant))["W1"], small(**constant)
    drive(moved[1], 8)
    assert abs(moved[0] - flat(moved[1])["W1"]).max() > 1e-3


def test_a_healthy_network_learns_and_a_vanishing_one_does_not() -> None:
    sizes: dict[str, Any] = {
        "depth": 15,
        "width": 16,
        "examples": 400,
        "batch_size": 20,
        "epochs": 10,
        "dtype": "float32",
    }
    assert trained(**sizes, activation="tanh")["train/loss"] < 1.9
    assert trained(**sizes)["train/loss"] > 2.2


def test_loss_and_accuracy_are_those_of_torch() -> None:
    program = small()
    X, y = program.batches.tensors
    with torch.no_grad():
        logits = program.logits(X)
    measured = evaluate(program)
    expected = torch.nn.functional.cross_entropy(logits, y).item()
    assert measured["train/loss"] == pytest.approx(expected, rel=1e-12)
    assert measured["train/accuracy"] == (logits.argmax(1) == y).double().mean().item()


@pytest.mark.parametrize(
    ("altered", "usual"),
    [
        ({"depth": 4}, {}),
        ({"width": 9}, {}),
        ({"activation": "relu"}, {}),
        ({"init": "he"}, {}),
        ({"init": "default"}, {}),
        ({"init_scale": 0.02}, {"init": "normal"}),
        ({"init_scale": 0.02}, {"init": "constant"}),
        ({"lr": 0.2}, {}),
        ({"epochs": 3}, {}),
        ({"batch_size": 15}, {}),
        ({"examples": 61}, {}),
        ({"dtype": "float32"}, {}),
        ({"chain": 6}, {}),
        ({"factor": 0.3}, {}),
        ({"matrices": 6}, {}),
        ({"size": 5}, {}),
        ({"sigma": 2}, {}),
        ({"repeats": 4}, {}),
    ],
)
def test_no_knob_is_ignored(altered: dict[str, Any], usual: dict[str, Any]) -> None:
    assert trained(**{**usual, **altered}) != trained(**usual)


def test_the_scale_leaves_the_other_starts_alone() -> None:
    for init in ("xavier", "he", "default"):
        assert trained(init=init, init_scale=0.5) == trained(init=init)


def test_more_matrices_do_not_change_the_training() -> None:
    one, other = small(1), small(1, repeats=9, matrices=3)
    assert drive(one, 6) == drive(other, 6)


def test_a_live_lr_acts_at_the_next_step() -> None:
    program = small()
    drive(program, 2)
    before = flat(program)["W4"].copy()
    set_hyperparameter(program, "lr", 1e-6)
    drive(program, 1)
    assert 0 < abs(flat(program)["W4"] - before).max() < 1e-5


def test_the_seed_decides() -> None:
    assert trained(4) == trained(4)
    one, same, other = (drive(small(seed), 6) for seed in (4, 4, 5))
    assert one == same != other


@pytest.mark.parametrize("k", [1, 5])
def test_restored_it_goes_on_bit_for_bit(k: int) -> None:
    unbroken = small(2, dtype="float32")
    drive(unbroken, k)
    state = capture(unbroken)
    expected = drive(unbroken, 6)
    resumed = small(2, dtype="float32")
    drive(resumed, 2)
    restore(resumed, state)
    assert drive(resumed, 6) == expected
    assert evaluate(resumed) == evaluate(unbroken)


def test_pictures_and_metrics_are_the_declared_ones() -> None:
    program = small()
    shown = {**program.start_pictures(), **program.pictures()}
    declared = {p.title for p in EXPERIMENT.pictures if not isinstance(p, KeyFigures)}
    curves = {"gradients", "loss", "accuracy", "symmetry"}
    assert set(shown) == declared - curves
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    logged = {*evaluate(program), "step/first_inf", "step/first_nan"}
    assert {metric.key for metric in EXPERIMENT.metrics} == logged


def test_the_lesson_names_every_preset_and_presets_can_be_run() -> None:
    lesson = resources.files("tui_lab.experiments.gradient_flow").joinpath("notes.md")
    text = lesson.read_text(encoding="utf-8")
    assert text.startswith(f"# {EXPERIMENT.title}\n")
    assert all(len(line) <= 80 for line in text.splitlines())
    for preset in EXPERIMENT.presets:
        assert f"- `{preset.name}`" in text
        found = started(**preset.values)
        keys = re.findall(r"{([^}]*)}", preset.question.answer) if preset.question else []
        assert set(keys) <= set(found)
