"""Protects weight decay as the notes have it: the penalty's exact part in every step, why λ = 0
overfits, and the numbers the books report."""

from __future__ import annotations

import json
import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.experiments.driver import (
    Array,
    Training,
    Values,
    build,
    data,
    evaluate,
    flat,
    same,
    set_hyperparameter,
    train,
)
from tui_lab.experiments.weight_decay import EXPERIMENT
from tui_lab.training.program import Program

NAME = "weight-decay"
SHORT: Values = {"train_examples": 18, "inputs": 30, "epochs": 5}
"""18 = 3 × 5 + 3: the last batch is short."""


@cache
def trained(seed: int = 0, **values: Any) -> Training:
    return train(NAME, seed, **values)


def oracle(training: Training, decays: list[float]) -> list[tuple[Array, float]]:
    """(w, b) after every step, from the update rule

    scratch: p −= lr · (Σ gradients + count · λ p) / batch_size
    concise: p −= lr · (mean gradient + λ p)
    """
    hp = training.program.hp
    w, b = training.start["w"].copy(), float(training.start["b"][0])
    factor = 2.0 if hp.loss == "mse" else 1.0
    path = []
    for (X, y), decay in zip(training.batches, decays, strict=True):
        share = len(y) / hp.batch_size if hp.implementation == "scratch" else 1.0
        residual = factor * (X @ w + b - y)
        bias_decay = decay if hp.decay_bias else 0.0
        w, b = (
            w - hp.lr * share * (X.T @ residual / len(y) + decay * w),
            b - hp.lr * share * (residual.mean() + bias_decay * b),
        )
        path.append((w, b))
    return path


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
@pytest.mark.parametrize("loss", ["half", "mse"])
@pytest.mark.parametrize("decay_bias", ["off", "on"])
def test_every_step_is_the_oracles(implementation: str, loss: str, decay_bias: str) -> None:
    """Point 1: λ is not scaled by the batch, the half is in the loss alone."""
    chosen: Values = {"implementation": implementation, "loss": loss, "decay_bias": decay_bias}
    training = train(NAME, 2, **SHORT, **chosen, bias_init="normal", weight_decay=20)
    expected = oracle(training, [20.0] * len(training.losses))
    for parameters, (w, b) in zip(training.path, expected, strict=True):
        np.testing.assert_allclose(parameters["w"], w, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(parameters["b"], [b], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
def test_a_live_decay_acts_at_the_next_step(implementation: str) -> None:
    def nudge(program: Program, step: int) -> None:
        if step == 7:
            set_hyperparameter(program, "weight_decay", 50.0)

    training = train(NAME, 1, nudge, **SHORT, implementation=implementation, weight_decay=0)
    decays = [0.0] * 6 + [50.0] * (len(training.losses) - 6)
    for parameters, (w, _) in zip(training.path, oracle(training, decays), strict=True):
        np.testing.assert_allclose(parameters["w"], w, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
def test_a_live_lr_acts_at_the_next_step(implementation: str) -> None:
    def nudge(program: Program, step: int) -> None:
        if step == 3:
            set_hyperparameter(program, "lr", 1e-6)

    training = train(NAME, 1, nudge, implementation=implementation, epochs=2)
    moved = np.diff([parameters["w"] for parameters in training.path], axis=0)
    assert abs(moved[0]).max() > 1e-3
    assert abs(moved[1:]).max() < 1e-4


def test_mse_with_twice_the_decay_and_half_the_lr_is_the_half_loss() -> None:
    """Point 1, exact over 400 steps; with the same λ and lr it is another training."""
    concise: Values = {"implementation": "concise", "loss": "mse"}
    scratch = trained()
    equal = trained(**concise, weight_decay=6, lr=0.0015)
    assert abs(scratch.parameter("w") - equal.parameter("w")).max() < 1e-6
    assert equal.last["test/loss"] == pytest.approx(2 * scratch.last["test/loss"], rel=1e-3)
    unequal = trained(**concise, weight_decay=3)
    assert 5e-4 < abs(scratch.parameter("w") - unequal.parameter("w")).max() < 2e-2


def test_with_the_same_loss_both_implementations_agree() -> None:
    scratch, concise = trained(), trained(implementation="concise")
    np.testing.assert_allclose(scratch.parameter("w"), concise.parameter("w"), atol=1e-6)


def test_without_decay_the_unseen_part_of_w_never_moves() -> None:
    """Point 2: 180 of 200 directions keep their start, hence ‖w‖ ≈ √180 and test loss ≈ 90."""
    training = trained(weight_decay=0)
    X, _ = data(training.program)
    unseen = np.eye(200) - np.linalg.pinv(X) @ X
    before, after = unseen @ training.start["w"], unseen @ training.parameter("w")
    assert abs(before - after).max() < 1e-4
    assert training.last["norm/w_null"] == pytest.approx(np.linalg.norm(before), rel=1e-5)
    finals = [trained(seed, weight_decay=0).last for seed in range(3)]
    assert np.mean([f["norm/w"] for f in finals]) == pytest.approx(math.sqrt(180), abs=1.2)
    assert np.mean([f["test/loss"] for f in finals]) == pytest.approx(90, abs=16)
    assert max(f["train/loss"] for f in finals) < 2e-4


def test_from_zero_the_same_code_does_not_overfit() -> None:
    """Point 2: from w = 0 it ends at test .0103."""
    assert 0.006 < trained(weight_decay=0, init_sd=0).last["test/loss"] < 0.015


def test_at_lambda_3_the_norm_is_what_is_left_of_the_start() -> None:
    """Point 3: every step takes .009 of the unseen part; .366 is no ridge solution."""
    training = trained()
    X, _ = data(training.program)
    unseen = np.linalg.norm((np.eye(200) - np.linalg.pinv(X) @ X) @ training.start["w"])
    assert training.last["norm/w_null"] == pytest.approx(unseen * (1 - 0.009) ** 400, rel=1e-3)
    finals = [trained(seed).last for seed in range(3)]
    assert np.mean([f["norm/w"] for f in finals]) == pytest.approx(0.366, abs=0.03)
    assert all(0.03 < f["test/loss"] < 0.2 for f in finals)


@pytest.mark.parametrize(("decay", "batch_size"), [(10.0, 5), (3.0, 1)])
def test_at_lambda_10_or_batch_1_the_norm_is_that_of_ridge(decay: float, batch_size: int) -> None:
    """Point 3: the left-over is gone, the rest is ridge and the noise of SGD."""
    training = trained(weight_decay=decay, batch_size=batch_size)
    X, y = data(training.program)
    X1 = np.column_stack((X, np.ones(20)))
    penalty = np.diag([20 * decay] * 200 + [0.0])
    ridge = np.linalg.norm(np.linalg.solve(X1.T @ X1 + penalty, X1.T @ y)[:-1])
    assert training.last["norm/w_null"] < 1e-4
    assert 0.8 * ridge < training.last["norm/w"] < 2 * ridge


def test_the_bias_starts_and_decays_as_asked() -> None:
    """Point 4: zero or normal; decayed only when asked, which collapses its spread."""
    assert flat(build(NAME))["b"] == [0.0]
    starts = [flat(build(NAME, seed, bias_init="normal"))["b"][0] for seed in range(60)]
    assert 0.7 < np.std(starts) < 1.3
    kept = [trained(s, bias_init="normal", inputs=2).parameter("b")[0] for s in range(3)]
    assert kept == pytest.approx([0.05] * 3, abs=0.6)
    strong: Values = {
        "bias_init": "normal",
        "weight_decay": 100,
        "train_examples": 5,
        "epochs": 100,
    }
    decayed = [trained(s, decay_bias="on", **strong).parameter("b")[0] for s in range(3)]
    assert max(map(abs, decayed)) < 0.02


def test_losses_leave_the_penalty_out() -> None:
    for loss, half in (("half", 0.5), ("mse", 1.0)):
        program = build(NAME, loss=loss, bias_init="normal")
        w, b = flat(program)["w"], flat(program)["b"]
        X, y = data(program)
        expected = half * np.mean((X @ w + b - y) ** 2)
        assert evaluate(program)["train/loss"] == pytest.approx(expected, rel=1e-5)
        first = train(NAME, loss=loss, bias_init="normal", epochs=1)
        X, y = first.batches[0]
        expected = half * np.mean((X @ w + b - y) ** 2)
        assert first.losses[0] == pytest.approx(expected, rel=1e-5)


def test_test_loss_comes_from_other_data_of_the_same_law() -> None:
    """At the true weights only the noise is left: σ²/2 in half units."""
    program = build(NAME, noise=0.3, test_examples=20_000, init_sd=0)
    start = evaluate(program)
    true_variance = 200 * 0.01**2 + 0.05**2 + 0.3**2
    assert start["test/loss"] == pytest.approx(true_variance / 2, rel=0.05)
    assert start["train/loss"] != pytest.approx(start["test/loss"], rel=1e-3)


def test_data_follow_the_law() -> None:
    X, y = data(build(NAME, train_examples=5000, noise=0.5))
    assert X.shape == (5000, 200)
    noise = y - X.sum(1) * 0.01 - 0.05
    assert noise.std() == pytest.approx(0.5, abs=0.03)
    assert noise.mean() == pytest.approx(0, abs=0.03)


def test_the_parts_of_w_make_the_whole() -> None:
    measured = evaluate(build(NAME, inputs=50))
    whole = measured["norm/w_row"] ** 2 + measured["norm/w_null"] ** 2
    assert whole == pytest.approx(measured["norm/w"] ** 2, rel=1e-5)
    assert evaluate(build(NAME, inputs=20))["norm/w_null"] == 0


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
def test_the_seed_and_nothing_else_decides(implementation: str) -> None:
    def look(program: Program, step: int) -> None:
        evaluate(program)
        program.pictures()

    usual: Values = {"epochs": 10, "implementation": implementation}
    one = train(NAME, 5, **usual)
    assert same(one, train(NAME, 5, look, **usual))
    assert one.start["w"].tolist() != train(NAME, 6, **usual).start["w"].tolist()


def test_the_start_does_not_depend_on_the_test_set() -> None:
    few, many = build(NAME, test_examples=10), build(NAME, test_examples=1000)
    assert flat(few)["w"].tolist() == flat(many)["w"].tolist()


def test_declared_metrics_are_the_logged_ones() -> None:
    logged = set(trained().last) | {"step/first_inf", "step/first_nan"}
    assert {metric.key for metric in EXPERIMENT.metrics} == logged


def test_the_weights_are_shown_against_the_true_ones() -> None:
    training = trained()
    pictures = training.program.pictures()
    assert set(pictures) <= {picture.title for picture in EXPERIMENT.pictures}
    bars = pictures["weights"]["bars"]
    np.testing.assert_array_equal(bars["values"], training.parameter("w"))
    assert bars["reference"] == [0.01] * 200
    assert json.loads(json.dumps(pictures, allow_nan=False)) == pictures


KEPT: dict[tuple[str, int], tuple[float, float, float]] = {
    ("scratch", 0): (0.00058363064, 0.07648660988, 0.38641658425),
    ("scratch", 3): (0.00150444196, 0.11013834178, 0.36498540640),
    ("concise", 0): (0.00058363075, 0.07648661733, 0.38641661406),
    ("concise", 3): (0.00150444300, 0.11013834924, 0.36498546600),
}
"""Train loss, test loss and ‖w‖ as they were before there were validation examples."""


@pytest.mark.parametrize(("implementation", "seed"), KEPT)
def test_validation_examples_change_no_number_there_was(implementation: str, seed: int) -> None:
    last = trained(seed, implementation=implementation).last
    kept = KEPT[implementation, seed]
    assert [last[key] for key in ("train/loss", "test/loss", "norm/w")] == pytest.approx(kept)
    others = trained(seed, implementation=implementation, validation_examples=7).last
    assert {key for key in last if last[key] != others[key]} == {"val/loss"}


def test_validation_examples_are_others_of_the_same_law() -> None:
    program = build(NAME)
    validation, test = (vars(program)[name][0].numpy() for name in ("_validation", "_test"))
    assert validation.shape == test.shape == (100, 200)
    train = program.batches.tensors[0].numpy()
    for other in (test, train):
        assert not (validation[:, None] == other).all(axis=2).any()
    assert validation.std() == pytest.approx(1.0, rel=0.05)
