"""Protects linear regression as the notes have it: its step against an oracle in numpy, every knob,
the divergence at large learning rates, and what its pictures show."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import torch

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
from tui_lab.experiments.linear_regression import EXPERIMENT
from tui_lab.training.losses import squared_loss
from tui_lab.training.program import Program

NAME = "linear-regression"
SMALL: Values = {"examples": 70, "batch_size": 16, "dtype": "float64"}
"""70 = 4 × 16 + 6: the last batch is short."""


@cache
def notes(seed: int = 0) -> Training:
    """The notes' own setting."""
    return train(NAME, seed)


def oracle(training: Training, lrs: list[float]) -> list[tuple[Array, float]]:
    """(w, b) after every step, from the definition of SGD alone."""
    hp = training.program.hp
    w, b = training.start["w"].copy(), float(training.start["b"][0])
    grad_w, grad_b = np.zeros_like(w), 0.0
    factor = 2.0 if hp.implementation == "concise" else 1.0
    path = []
    for (X, y), lr in zip(training.batches, lrs, strict=True):
        residual = factor * (X @ w + b - y)
        count = len(y) if hp.divide_by == "actual" else hp.batch_size
        kept = 0.0 if hp.zero_grad else 1.0
        # PyTorch's optimizer sees the mean, ours the sum: divided at once or after summing up,
        # the update is the same as long as the divisor does not change.
        grad_w = kept * grad_w + X.T @ residual / count
        grad_b = kept * grad_b + residual.sum() / count
        w, b = w - lr * grad_w, b - lr * grad_b
        path.append((w, b))
    return path


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"divide_by": "actual"},
        {"zero_grad": "off"},
        {"true_w": "3"},
        {"true_w": "1,-2,0.5,0,4", "true_b": -7, "noise": 2, "init_sd": 1.5},
        {"lr": 0.2, "batch_size": 1000},
    ],
)
def test_every_step_is_the_oracles(implementation: str, values: Values) -> None:
    training = train(NAME, 3, **{**SMALL, "implementation": implementation, **values})
    lrs = [training.program.hp.lr] * len(training.losses)
    expected = oracle(training, lrs)
    for parameters, (w, b) in zip(training.path, expected, strict=True):
        np.testing.assert_allclose(parameters["w"], w, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(parameters["b"], [b], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
def test_a_live_lr_acts_at_the_next_step(implementation: str) -> None:
    def nudge(program: Program, step: int) -> None:
        if step == 4:
            set_hyperparameter(program, "lr", 0.5)

    training = train(NAME, 1, nudge, **{**SMALL, "implementation": implementation, "lr": 0.01})
    lrs = [0.01] * 3 + [0.5] * (len(training.losses) - 3)
    for parameters, (w, _) in zip(training.path, oracle(training, lrs), strict=True):
        np.testing.assert_allclose(parameters["w"], w, rtol=1e-10)


@pytest.mark.parametrize(("implementation", "half"), [("scratch", 0.5), ("concise", 1.0)])
def test_losses_are_the_implementations_own(implementation: str, half: float) -> None:
    training = train(NAME, implementation=implementation, epochs=1, noise=1)
    X, y = training.batches[0]
    start = training.start
    assert training.losses[0] == pytest.approx(
        half * np.mean((X @ start["w"] + start["b"] - y) ** 2), rel=1e-5
    )
    X, y = data(training.program)
    learned = training.path[-1]
    assert training.last["train/loss"] == pytest.approx(
        half * np.mean((X @ learned["w"] + learned["b"] - y) ** 2), rel=1e-5
    )


def test_measurements_are_what_their_names_say() -> None:
    training = train(NAME, lr=0.001, true_w="2,-3.4,0.1", true_b=-1)
    w, b = training.parameter("w"), training.parameter("b")[0]
    assert training.last["norm/w"] == pytest.approx(math.sqrt(np.sum(w**2)), rel=1e-6)
    assert training.last["error/w"] == pytest.approx(max(abs(np.array([2, -3.4, 0.1]) - w)))
    assert training.last["error/b"] == pytest.approx(-1 - b)
    assert training.last["error/b"] < 0


def test_data_follow_the_law() -> None:
    X, y = data(build(NAME, examples=20_000, noise=0.5, true_w="2,-3.4", true_b=4.2))
    assert X.shape == (20_000, 2)
    assert X.mean(0) == pytest.approx(0, abs=0.03)
    assert X.std(0) == pytest.approx(1, abs=0.02)
    noise = y - X @ [2, -3.4] - 4.2
    assert noise.std() == pytest.approx(0.5, abs=0.01)
    assert noise.mean() == pytest.approx(0, abs=0.02)
    exact_X, exact_y = data(build(NAME, noise=0, dtype="float64", true_w="1,2,3", true_b=-1))
    np.testing.assert_allclose(exact_y, exact_X @ [1, 2, 3] - 1, atol=1e-12)


def test_the_start_is_drawn_as_asked() -> None:
    start = flat(build(NAME, true_w=",".join(["1"] * 64), init_sd=0.01))
    assert start["w"].std() == pytest.approx(0.01, rel=0.3)
    assert start["b"] == [0.0]
    assert not flat(build(NAME, init_sd=0))["w"].any()


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
def test_dtype_reaches_everything(implementation: str) -> None:
    program = build(NAME, dtype="float64", implementation=implementation)
    for _ in program.step(next(iter(program.batches))):
        tensors = [*program.batches.tensors, *program.parameters().values()]
        assert program.loss is not None
        tensors += [program.loss, *program.records.values()]
        tensors += [p.grad for p in program.parameters().values() if p.grad is not None]
        assert {tensor.dtype for tensor in tensors} == {torch.float64}


def test_the_notes_numbers() -> None:
    """E3: the books print .023 to .043, .00009 to .00016 and .00005."""
    first, second, third = ([notes(s).history[e]["train/loss"] for s in range(3)] for e in range(3))
    assert all(0.02 < loss < 0.06 for loss in first)
    assert all(7e-5 < loss < 3e-4 for loss in second)
    assert all(4.5e-5 < loss < 5.6e-5 for loss in third)
    assert notes().last["error/w"] < 0.003


def test_a_small_lr_is_slow() -> None:
    """E4: (1 − lr)^(2·steps) of the start's loss is left."""
    losses = [h["train/loss"] for h in train(NAME, lr=0.001).history]
    _, y = data(build(NAME))
    expected = [np.mean(y**2) / 2 * 0.999 ** (200 * epoch) for epoch in (1, 2, 3)]
    assert losses == pytest.approx(expected, rel=0.05)


def test_a_large_lr_overflows_to_inf_then_nan() -> None:
    """E6, point 6: batch loss inf, then parameters not finite, then nan, at steps known within
    two or so; epoch 1 already ends in nan."""
    for seed in range(3):
        training = train(NAME, seed, lr=10, epochs=1)
        infinite = int(np.argmax(np.isinf(training.losses))) + 1
        nan = int(np.argmax(np.isnan(training.losses))) + 1
        finite = [bool(np.isfinite(r["parameters"]).all()) for r in training.records]
        nonfinite = finite.index(False) + 1
        assert 18 <= infinite <= 23
        assert 36 <= nonfinite <= 42
        assert nonfinite <= nan <= nonfinite + 3
        assert math.isnan(training.last["train/loss"])


def test_float64_overflows_later() -> None:
    """Point 6: about 1e193 after epoch 1, inf after 2 and 3, nan after 4."""
    losses = [h["train/loss"] for h in train(NAME, lr=10, epochs=4, dtype="float64").history]
    assert 1e180 < losses[0] < 1e206
    assert losses[1] == losses[2] == math.inf
    assert math.isnan(losses[3])


def test_a_short_last_batch_steps_less_when_divided_by_the_nominal_size() -> None:
    """Point 5: 6.394 against 6.245, for the last 40 examples step only 40/64 as far."""
    nominal = train(NAME, batch_size=64, epochs=1).last["train/loss"]
    actual = train(NAME, batch_size=64, epochs=1, divide_by="actual").last["train/loss"]
    assert nominal == pytest.approx(6.394, abs=0.12)
    assert actual == pytest.approx(6.245, abs=0.12)
    assert 1.01 < nominal / actual < 1.04


def test_concise_at_half_the_lr_is_scratch() -> None:
    """Points 1 and 13: no half means twice the gradient; one start and one order agree."""
    scratch = train(NAME, epochs=1, examples=100)
    concise = train(NAME, epochs=1, examples=100, implementation="concise", lr=0.015)
    assert len(scratch.losses) == 10
    for one, other in zip(scratch.path, concise.path, strict=True):
        np.testing.assert_allclose(one["w"], other["w"], atol=2e-6)
        np.testing.assert_allclose(one["b"], other["b"], atol=2e-6)
    np.testing.assert_allclose(2 * np.array(scratch.losses), concise.losses, rtol=1e-5)


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
def test_the_seed_and_nothing_else_decides(implementation: str) -> None:
    """Points 13 and 14: PyTorch's default generator plays no part, nor does looking."""

    def look(program: Program, step: int) -> None:
        torch.manual_seed(step)
        evaluate(program)
        program.start_pictures()
        program.pictures()

    usual: Values = {"epochs": 2, "examples": 150, "implementation": implementation}
    one = train(NAME, 5, **usual)
    assert same(one, train(NAME, 5, look, **usual))
    other = train(NAME, 6, **usual)
    assert one.start["w"].tolist() != other.start["w"].tolist()
    assert one.batches[0][0].tolist() != other.batches[0][0].tolist()


def test_the_order_is_new_in_every_epoch_and_complete() -> None:
    training = train(NAME, epochs=2, examples=50)
    first = np.concatenate([y for _, y in training.batches[:5]])
    second = np.concatenate([y for _, y in training.batches[5:]])
    assert first.tolist() != second.tolist()
    assert sorted(first) == sorted(second) == sorted(data(training.program)[1])


def test_labels_take_the_shape_of_predictions() -> None:
    """Point 17: (n,) against (n, 1) must not become (n, n)."""
    y_hat, y = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([1.0, 0.0, 1.0])
    assert squared_loss(y_hat, y).tolist() == [[0.0], [2.0], [4.5]]
    assert build(NAME).batches.tensors[1].shape == (1000, 1)


def test_gradients_not_zeroed_ruin_the_training() -> None:
    """Point 18: 1.3 to 150 instead of 5e-5."""
    for seed in range(3):
        assert 0.5 < train(NAME, seed, zero_grad="off").last["train/loss"] < 400


@pytest.mark.parametrize(("implementation", "after"), [("scratch", 0.0), ("concise", None)])
def test_phases_and_the_state_of_gradients(implementation: str, after: float | None) -> None:
    program = build(NAME, implementation=implementation)
    seen: dict[str, float | None] = {}
    for phase in program.step(next(iter(program.batches))):
        grad = program.parameters()["b"].grad
        seen[phase] = None if grad is None else float(grad)
    assert list(seen) == ["forward", "backward", "update", "zero_grad"]
    assert seen["forward"] is None
    assert seen["backward"]
    assert seen["update"] == seen["backward"]
    assert seen["zero_grad"] == after


@pytest.mark.parametrize(
    ("true_w", "names"),
    [
        ("2", ("weight/1", "bias")),
        ("2,-3.4", ("weight/1", "weight/2", "bias")),
        ("1,2,-30", ("weight/1", "weight/2", "bias", "weight/largest")),
    ],
)
def test_the_path_is_recorded(true_w: str, names: tuple[str, ...]) -> None:
    training = train(NAME, true_w=true_w, epochs=1, examples=50)
    assert training.program.record_names == {"parameters": names}
    for record, parameters in zip(training.records, training.path, strict=True):
        (row,) = record.values()
        expected = [*parameters["w"][:2], *parameters["b"], abs(parameters["w"]).max()]
        assert row.tolist() == expected[: len(names)]


def test_declared_metrics_are_the_logged_ones() -> None:
    logged = set(notes().last) | {"step/first_inf", "step/first_nan"}
    logged |= {"step/first_nonfinite_parameter", "weight/largest"}
    logged |= set(notes().program.record_names["parameters"])
    assert {metric.key for metric in EXPERIMENT.metrics} == logged
