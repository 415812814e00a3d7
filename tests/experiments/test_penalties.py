"""Protects the penalties: every step by an oracle, the solutions against independent solvers, exact
zeros from the soft threshold alone."""

from __future__ import annotations

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
from tui_lab.errors import HyperparameterError
from tui_lab.experiments.penalties import EXPERIMENT
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore

NAME = "penalties"
PENALTIES = ("L1-proximal", "L1", "L2", "none")
SHORT: Values = {
    "train_examples": 18,
    "batch_size": 5,
    "inputs": 30,
    "epochs": 4,
    "lr": 0.02,
    "strength": 0.7,
}
"""18 = 3 × 5 + 3: the last batch is short."""


@cache
def trained(seed: int = 0, **values: Any) -> Training:
    return train(NAME, seed, **values)


def shrunk(w: Array, t: float) -> Array:
    return np.where(w > t, w - t, np.where(w < -t, w + t, 0.0))


def oracle(training: Training, strengths: list[float]) -> list[tuple[Array, float]]:
    """(w, b) after every step, the gradient by hand."""
    hp = training.program.hp
    w, b = training.start["w"].copy(), float(training.start["b"][0])
    path = []
    for (X, y), strength in zip(training.batches, strengths, strict=True):
        residual = X @ w + b - y
        pull = {"L1": strength * np.sign(w), "L2": strength * w}.get(hp.penalty, 0.0)
        w = w - hp.lr * (X.T @ residual / len(y) + pull)
        if hp.penalty == "L1-proximal":
            w = shrunk(w, hp.lr * strength)
        b -= hp.lr * residual.mean()
        path.append((w, b))
    return path


def lasso(X: Array, y: Array, strength: float, sweeps: int = 300) -> tuple[Array, float]:
    """argmin of mean (Xw + b − y)²/2 + λ‖w‖₁ by coordinate descent."""
    n = len(y)
    w, b = np.zeros(X.shape[1]), float(y.mean())
    residual = y - b
    for _ in range(sweeps):
        for j, column in enumerate(X.T):
            residual += column * w[j]
            w[j] = shrunk(column @ residual / n, strength) / (column @ column / n)
            residual -= column * w[j]
        shift = residual.mean()
        b, residual = b + shift, residual - shift
    return w, b


@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_step_is_the_oracles(penalty: str) -> None:
    training = train(NAME, 2, **SHORT, penalty=penalty)
    expected = oracle(training, [0.7] * len(training.losses))
    for parameters, (w, b) in zip(training.path, expected, strict=True):
        np.testing.assert_allclose(parameters["w"], w, atol=1e-5)
        np.testing.assert_allclose(parameters["b"], [b], atol=1e-5)
        if penalty == "L1-proximal":
            np.testing.assert_array_equal(parameters["w"] == 0, w == 0)


@pytest.mark.parametrize("penalty", ["L1-proximal", "L1", "L2"])
def test_a_live_strength_acts_at_the_next_step(penalty: str) -> None:
    def nudge(program: Program, step: int) -> None:
        if step == 7:
            set_hyperparameter(program, "strength", 3.0)

    training = train(NAME, 1, nudge, **SHORT, penalty=penalty)
    expected = oracle(training, [0.7] * 6 + [3.0] * (len(training.losses) - 6))
    for parameters, (w, _) in zip(training.path, expected, strict=True):
        np.testing.assert_allclose(parameters["w"], w, atol=1e-5)


@pytest.mark.parametrize("penalty", ["L1-proximal", "L1"])
def test_a_live_lr_acts_at_the_next_step(penalty: str) -> None:
    def nudge(program: Program, step: int) -> None:
        if step == 2:
            set_hyperparameter(program, "lr", 1e-6)

    training = train(NAME, 1, nudge, **{**SHORT, "epochs": 1}, penalty=penalty)
    moved = np.diff([parameters["w"] for parameters in training.path], axis=0)
    assert abs(moved).max() < 1e-4
    assert abs(training.path[0]["w"] - training.start["w"]).max() > 1e-3


def test_the_soft_threshold_finds_all_five_and_zeroes_the_rest() -> None:
    finals = [trained(seed).last for seed in range(3)]
    assert [f["support/found"] for f in finals] == [5.0] * 3
    assert max(f["support/false"] for f in finals) <= 2
    assert min(f["zeros/exact"] for f in finals) >= 193
    assert max(f["test/loss"] for f in finals) < 0.1


@pytest.mark.parametrize("penalty", ["L1", "L2", "none"])
def test_no_other_method_gives_one_exact_zero(penalty: str) -> None:
    last = trained(penalty=penalty).last
    assert last["zeros/exact"] == 0
    assert (last["support/found"], last["support/false"]) == (5, 195)
    assert last["support/largest_outside"] > 0.005
    assert last["test/loss"] > 1.5 * trained().last["test/loss"]


def test_subgradient_steps_jump_over_zero_by_no_more_than_their_length() -> None:
    """Near 0 every step is lr·λ long but for the data's part, so that w goes on to and fro."""
    steps = np.array([p["w"] for p in trained(penalty="L1").path[-50:]])
    outside = build(NAME)._true_w.numpy() == 0  # type: ignore[attr-defined]
    assert np.median(abs(steps[:, outside])) < 0.1 * 0.1
    flips = (np.sign(steps[1:, outside]) != np.sign(steps[:-1, outside])).mean()
    assert flips > 0.5


def test_proximal_steps_solve_the_lasso() -> None:
    training = trained()
    w, b = lasso(*data(training.program), 0.1)
    np.testing.assert_allclose(training.parameter("w"), w, atol=1e-4)
    np.testing.assert_allclose(training.parameter("b"), [b], atol=1e-4)
    np.testing.assert_array_equal(training.parameter("w") == 0, w == 0)
    assert training.last["optimality/violation"] < 1e-5


def test_l2_steps_solve_ridge() -> None:
    training = trained(penalty="L2", strength=0.5)
    X, y = data(training.program)
    X1 = np.column_stack((X, np.ones(len(y))))
    solution = np.linalg.solve(X1.T @ X1 + np.diag([50.0] * 200 + [0.0]), X1.T @ y)
    np.testing.assert_allclose(training.parameter("w"), solution[:-1], atol=1e-4)
    assert training.last["optimality/violation"] < 1e-4


def test_small_batches_kick_weights_away_from_zero() -> None:
    last = trained(batch_size=10, lr=0.02, epochs=200).last
    assert last["support/found"] == 5
    assert last["support/false"] > 2
    assert last["support/largest_outside"] < 0.05


def test_all_weights_are_zero_just_beyond_the_largest_useful_strength() -> None:
    few: Values = {"train_examples": 40, "batch_size": 40, "inputs": 20, "init_sd": 0}
    edge = evaluate(build(NAME, **few))["strength/all_zero"]
    X, y = data(build(NAME, **few))
    assert edge == pytest.approx(abs(X.T @ (y - y.mean())).max() / 40, rel=1e-5)
    beyond = train(NAME, **few, strength=1.01 * edge, epochs=300)
    below = train(NAME, **few, strength=0.97 * edge, epochs=300)
    assert beyond.last["zeros/exact"] == 20
    assert below.last["zeros/exact"] < 20


@pytest.mark.parametrize("penalty", PENALTIES)
def test_key_figures_by_an_independent_route(penalty: str) -> None:
    training = train(NAME, 3, **SHORT, penalty=penalty, true_weight=2)
    X, y = data(training.program)
    w, b, last = training.parameter("w"), training.parameter("b")[0], training.last
    outside = training.program._true_w.numpy() == 0  # type: ignore[attr-defined]
    loss = np.mean((X @ w + b - y) ** 2) / 2
    added = {"L2": 0.7 * w @ w / 2, "none": 0.0}.get(penalty, 0.7 * abs(w).sum())
    gradient = X.T @ (X @ w + b - y) / len(y)
    kink = np.where(w == 0, np.maximum(abs(gradient) - 0.7, 0), abs(gradient + 0.7 * np.sign(w)))
    violated = {"L2": abs(gradient + 0.7 * w), "none": abs(gradient)}.get(penalty, kink)
    expected = {
        "train/loss": loss,
        "train/objective": loss + added,
        "zeros/exact": (w == 0).sum(),
        "support/found": (w[~outside] != 0).sum(),
        "support/false": (w[outside] != 0).sum(),
        "support/largest_outside": abs(w[outside]).max(),
        "norm/w_l1": abs(w).sum(),
        "norm/w": np.sqrt(w @ w),
        "norm/w_linf": abs(w).max(),
        "optimality/violation": violated.max(),
    }
    for key, value in expected.items():
        assert last[key] == pytest.approx(float(value), rel=1e-4, abs=1e-5), key


@pytest.mark.parametrize(("inputs", "support"), [(200, 5), (7, 7), (10, 0), (9, 4)])
def test_true_weights_are_spread_evenly_with_alternating_signs(inputs: int, support: int) -> None:
    true_w = build(NAME, inputs=inputs, support=support)._true_w.numpy()  # type: ignore[attr-defined]
    places = np.flatnonzero(true_w)
    assert len(places) == support
    assert true_w[places].tolist() == [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0][:support]
    if support > 1:
        assert np.ptp(np.diff(places)) <= 1


ALTERED: Values = {
    "penalty": "L2",
    "strength": 0.8,
    "lr": 0.03,
    "batch_size": 6,
    "epochs": 5,
    "train_examples": 17,
    "test_examples": 99,
    "inputs": 31,
    "support": 4,
    "true_weight": 1.1,
    "noise": 0.2,
    "init_sd": 0.9,
}


@pytest.mark.parametrize("name", ALTERED)
def test_no_knob_is_ignored(name: str) -> None:
    assert trained(**SHORT).last != trained(**{**SHORT, name: ALTERED[name]}).last


@pytest.mark.parametrize("name", ["matrix_rows", "matrix_columns", "matrix_seed"])
def test_the_matrix_has_knobs_of_its_own_that_leave_the_training_alone(name: str) -> None:
    usual, other = build(NAME), build(NAME, **{name: 7})
    title = "Frobenius norm"
    assert usual.start_pictures()[title] != other.start_pictures()[title]
    assert np.array_equal(flat(usual)["w"], flat(other)["w"])


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"support": 201}, "support"),
        ({"train_examples": 200_000}, "train_examples"),
        ({"test_examples": 200_000}, "test_examples"),
        ({"strength": -1}, "strength"),
        ({"penalty": "L3"}, "penalty"),
    ],
)
def test_what_makes_no_sense_is_refused(values: Values, name: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        EXPERIMENT.choose(values)
    assert refused.value.name == name
    assert str(refused.value).startswith(name)


def test_the_seed_and_nothing_else_decides() -> None:
    def look(program: Program, step: int) -> None:
        evaluate(program)
        program.pictures()

    one = train(NAME, 5, **SHORT)
    assert same(one, train(NAME, 5, look, **SHORT))
    assert one.start["w"].tolist() != train(NAME, 6, **SHORT).start["w"].tolist()


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_restored_program_goes_on_bit_for_bit(penalty: str) -> None:
    def drive(program: Program, steps: int) -> list[Array]:
        path: list[Array] = []
        while len(path) < steps:
            for batch in program.batches:
                list(program.step(batch))
                path.append(flat(program)["w"])
                if len(path) == steps:
                    break
        return path

    unbroken, resumed = build(NAME, **SHORT, penalty=penalty), build(NAME, **SHORT, penalty=penalty)
    drive(unbroken, 6)
    state = capture(unbroken)
    expected = drive(unbroken, 5)
    drive(resumed, 2)
    restore(resumed, state)
    assert np.array_equal(drive(resumed, 5), expected)


def test_declared_metrics_are_the_logged_ones() -> None:
    logged = set(trained(**SHORT).last) | {"step/first_inf", "step/first_nan"}
    assert {metric.key for metric in EXPERIMENT.metrics} == logged
