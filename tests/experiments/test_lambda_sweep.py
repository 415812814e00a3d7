"""Protects the batched population: every run in it is the run trained singly, on its own data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.experiments.driver import (
    Array,
    Training,
    Values,
    build,
    evaluate,
    flat,
    same,
    set_hyperparameter,
    train,
)
from tui_lab.errors import DeviceError, HyperparameterError
from tui_lab.experiments.lambda_sweep import EXPERIMENT
from tui_lab.experiments.lambda_sweep.grid import lambda_grid, place_of_zero
from tui_lab.experiments.lambda_sweep.program import LambdaSweep
from tui_lab.training import memory
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore
from tui_lab.worker.out_of_memory import explained

NAME = "lambda-sweep"
SHORT: Values = {
    "lambda_low": 2,
    "lambda_high": 50,
    "points": 3,
    "seeds": 3,
    "train_examples": 18,
    "inputs": 30,
    "epochs": 4,
}
"""18 = 3 × 5 + 3: the last batch is short."""
SINGLE = ("lr", "batch_size", "epochs", "train_examples", "test_examples", "inputs", "noise")


def sweep(seed: int = 0, **values: Any) -> LambdaSweep:
    program = build(NAME, seed, **{**SHORT, **values})
    assert isinstance(program, LambdaSweep)
    return program


def weights(program: Program) -> Array:
    """(repetitions, inputs, λs)"""
    return program.parameters()["w"].detach().double().numpy()


@pytest.mark.parametrize("batch_size", [5, 18])
def test_every_run_is_the_weight_decay_run_of_its_seed_and_lambda(batch_size: int) -> None:
    training = train(NAME, 7, **SHORT, batch_size=batch_size)
    program = training.program
    chosen = {name: getattr(program.hp, name) for name in SINGLE}
    singles = [
        [train("weight-decay", 7 + k, **chosen, weight_decay=decay) for decay in grid(program)]
        for k in range(3)
    ]
    w, b = weights(program), program.parameters()["b"].detach().numpy()
    for k, runs in enumerate(singles):
        for j, run in enumerate(runs):
            np.testing.assert_allclose(w[k, :, j], run.parameter("w"), atol=2e-6)
            np.testing.assert_allclose(b[k, 0, j], run.parameter("b")[0], atol=2e-6)
    runs = [run for row in singles for run in row]
    np.testing.assert_allclose(
        training.losses, np.mean([run.losses for run in runs], axis=0), rtol=1e-4
    )
    for key in ("train/loss", "test/loss"):
        mean = np.mean([run.last[key] for run in runs])
        assert training.last[key] == pytest.approx(mean, rel=1e-4)


def test_the_notes_own_setting_over_all_400_steps() -> None:
    values: Values = {"lambda_low": 3, "lambda_high": 10, "points": 2, "seeds": 2}
    program = train(NAME, 4, **values).program
    for j, decay in enumerate((0, 3, 10)):
        single = train("weight-decay", 5, weight_decay=decay)
        np.testing.assert_allclose(weights(program)[1, :, j], single.parameter("w"), atol=2e-5)


def singly(training: Training, k: int, j: int) -> Array:
    """The weights of one run under an L1 penalty, step by step in numpy."""
    hp, decay = training.program.hp, grid(training.program)[j]
    shape = training.program.parameters()["w"].shape
    w, b = training.start["w"].reshape(shape)[k, :, j].copy(), 0.0
    for X, y in training_batches(training, k):
        residual, share = X @ w + b - y, len(y) / hp.batch_size
        pull = decay * np.sign(w) if hp.penalty == "L1" else 0.0
        w = w - hp.lr * share * (X.T @ residual / len(y) + pull)
        b -= hp.lr * share * residual.mean()
        if hp.penalty == "L1-proximal":
            w = np.sign(w) * np.maximum(abs(w) - hp.lr * share * decay, 0)
    return w


def training_batches(training: Training, k: int) -> list[tuple[Array, Array]]:
    """The mini-batches of one repetition, drawn again from its seed alone."""
    again = build("weight-decay", 7 + k, **{n: getattr(training.program.hp, n) for n in SINGLE})
    batches = [batch for _ in range(training.program.epochs) for batch in again.batches]
    return [(X.double().numpy(), y.double().numpy()[:, 0]) for X, y in batches]


@pytest.mark.parametrize("penalty", ["L1", "L1-proximal"])
def test_every_l1_run_is_the_one_trained_singly(penalty: str) -> None:
    training = train(NAME, 7, **SHORT, penalty=penalty)
    w = weights(training.program)
    for k in range(3):
        for j in range(4):
            np.testing.assert_allclose(w[k, :, j], singly(training, k, j), atol=1e-5)
    assert ((w == 0).any()) == (penalty == "L1-proximal")


def grid(program: Program) -> list[float]:
    hp = program.hp
    return lambda_grid(hp.lambda_low, hp.lambda_high, hp.points)


def test_the_grid_is_even_on_a_log_axis_after_zero() -> None:
    assert lambda_grid(0.1, 100, 7) == [0.0, 0.1, 0.3162, 1.0, 3.162, 10.0, 31.62, 100.0]
    assert lambda_grid(5, 50, 1) == [0.0, 5]
    assert lambda_grid(3, 3, 2) == [0.0, 3.0, 3.0]
    assert place_of_zero([0.0, 1.0, 10.0]) == pytest.approx(0.01)
    assert place_of_zero([0.0, 5.0]) == pytest.approx(0.05)
    assert place_of_zero([0.0, 3.0, 3.0]) == pytest.approx(0.3)


def test_all_lambdas_of_a_repetition_start_alike_and_repetitions_differ() -> None:
    w = weights(sweep())
    assert (w == w[:, :, :1]).all()
    assert abs(w[0] - w[1]).max() > 0.5


def test_validation_examples_are_drawn_apart() -> None:
    few, many = sweep(validation_examples=5), sweep(validation_examples=90)
    for one, other in zip(few.batches.tensors, many.batches.tensors, strict=True):
        assert torch.equal(one, other)
    assert torch.equal(few._test[0], many._test[0])
    sets = [many.batches.tensors[0], many._validation[0], many._test[0]]
    rows = torch.cat([X.reshape(-1, 30) for X in sets])
    assert len(torch.unique(rows, dim=0)) == 3 * (18 + 90 + 100)
    X, y = sweep(validation_examples=1000, noise=0.5)._validation
    noise = y[..., 0] - X.sum(2) * 0.01 - 0.05
    assert float(noise.std()) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("penalty", ["L2", "L1", "L1-proximal"])
def test_a_live_lr_acts_at_the_next_step(penalty: str) -> None:
    def nudge(program: Program, step: int) -> None:
        if step == 2:
            set_hyperparameter(program, "lr", 1e-6)

    training = train(NAME, 1, nudge, **{**SHORT, "epochs": 1}, penalty=penalty)
    moved = np.diff([parameters["w"] for parameters in training.path], axis=0)
    assert abs(moved).max() < 1e-3
    assert abs(training.path[0]["w"] - training.start["w"]).max() > 1e-2


ALTERED: Values = {
    "penalty": "L1",
    "lambda_low": 3,
    "lambda_high": 40,
    "points": 4,
    "seeds": 4,
    "lr": 0.002,
    "batch_size": 6,
    "epochs": 5,
    "train_examples": 17,
    "validation_examples": 99,
    "test_examples": 99,
    "inputs": 31,
    "noise": 0.02,
    "init_sd": 0.5,
}


@pytest.mark.parametrize("name", ALTERED)
def test_no_knob_is_ignored(name: str) -> None:
    altered = train(NAME, **{**SHORT, name: ALTERED[name]})
    assert train(NAME, **SHORT).last != altered.last


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"lambda_low": 10, "lambda_high": 1}, "lambda_low"),
        ({"lambda_low": 0}, "lambda_low"),
        ({"seeds": 100_000}, "seeds"),
        ({"train_examples": 1001}, "train_examples"),
        ({"penalty": "L3"}, "penalty"),
    ],
)
def test_what_makes_no_sense_is_refused(values: Values, name: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        EXPERIMENT.choose(values)
    assert refused.value.name == name
    assert str(refused.value).startswith(name)


@pytest.mark.parametrize("values", [{"points": 63, "seeds": 1024}, {"seeds": 4096}])
def test_65536_runs_may_be_asked_for(values: Values) -> None:
    chosen = EXPERIMENT.choose(values)
    assert (chosen.points + 1) * chosen.seeds == 65_536


@pytest.mark.parametrize(
    ("values", "gib"),
    [
        ({"seeds": 4096}, "2.7"),  # what is drawn
        ({"points": 1023, "seeds": 100}, "0.8"),  # what is trained
        ({"points": 1023, "seeds": 100, "penalty": "L1"}, "0.3"),
    ],
)
def test_what_does_not_fit_here_is_said_before_it_is_drawn(
    values: Values, gib: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "room", lambda device: (2**28, 2**30))
    with pytest.raises(DeviceError) as said, explained(torch.device("cpu"), EXPERIMENT):
        sweep(**{"inputs": 200, "train_examples": 20, **values})
    assert str(said.value) == (
        f"cpu has 0.2 of 1 GiB free ({gib} GiB more were asked for), too little for this run; "
        "turn seeds down."
    )


def test_the_seed_and_nothing_else_decides() -> None:
    def look(program: Program, step: int) -> None:
        evaluate(program)
        program.pictures()

    one = train(NAME, 5, **SHORT)
    assert same(one, train(NAME, 5, look, **SHORT))
    assert one.last != train(NAME, 6, **SHORT).last


@pytest.mark.parametrize("k", [1, 4, 6])
def test_a_restored_population_goes_on_bit_for_bit(k: int) -> None:
    unbroken, resumed = sweep(), sweep()
    drive(unbroken, k)
    state = capture(unbroken)
    expected = drive(unbroken, 9)
    drive(resumed, 2)
    restore(resumed, state)
    assert np.array_equal(drive(resumed, 9), expected)


def drive(program: Program, steps: int) -> list[Array]:
    path: list[Array] = []
    while len(path) < steps:
        for batch in program.batches:
            list(program.step(batch))
            path.append(flat(program)["w"])
            if len(path) == steps:
                break
    return path


def test_declared_metrics_are_the_logged_ones() -> None:
    logged = set(train(NAME, **SHORT).last) | {"step/first_inf", "step/first_nan"}
    assert {metric.key for metric in EXPERIMENT.metrics} == logged
    without = {key for key in logged if not key.startswith("ridge/")}
    assert set(evaluate(sweep(penalty="L1"))) | {"step/first_inf", "step/first_nan"} == without
