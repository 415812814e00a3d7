"""Protects what the sweep teaches: no U under L2, what choosing by validation costs, ridge, and
that runs that diverge are seen and counted."""

from __future__ import annotations

import json
import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from tests.experiments.driver import Array, Training, Values, build, train
from tui_lab.experiments.lambda_sweep import EXPERIMENT
from tui_lab.experiments.lambda_sweep.population import Examples
from tui_lab.experiments.lambda_sweep.program import LambdaSweep
from tui_lab.experiments.lambda_sweep.ridge import ridge
from tui_lab.experiments.lambda_sweep.summary import Losses, diverged, select

NAME = "lambda-sweep"
GRID: Values = {"lambda_low": 0.1, "lambda_high": 100, "points": 7, "seeds": 16}


@cache
def trained(**values: Any) -> Training:
    return train(NAME, **{**GRID, **values})


def program(training: Training) -> LambdaSweep:
    assert isinstance(training.program, LambdaSweep)
    return training.program


def losses(training: Training, examples: Examples) -> Array:
    """Every run's loss (repetitions, λs) by numpy, from its weights."""
    X, y = (part.double().numpy() for part in examples)
    w, b = (p.detach().double().numpy() for p in training.program.parameters().values())
    result: Array = ((X @ w + b - y) ** 2 / 2).mean(axis=1)
    return result


def test_the_test_loss_falls_and_stays_low() -> None:
    """X1: from about 91 at λ = 0 to .0103-.0105; no U. The training loss rises all the way."""
    training = trained()
    test = losses(training, program(training)._test).mean(0)
    X, y = training.program.batches.tensors
    fitted = losses(training, (X, y)).mean(0)
    assert test[0] == pytest.approx(91, rel=0.2)
    assert (np.diff(test[:6]) < 0).all()
    assert test[5] == pytest.approx(0.014, rel=0.3)
    assert test[-2:] == pytest.approx([0.0104] * 2, rel=0.2)
    assert (np.diff(fitted[1:]) > 0).all()
    assert fitted[0] < 1e-4
    assert fitted[-1] == pytest.approx(0.0078, rel=0.3)


def test_from_zero_no_decay_is_needed() -> None:
    training = trained(init_sd=0)
    test = losses(training, program(training)._test).mean(0)
    assert test[0] < 0.013
    assert test.max() < 1.3 * test.min()


def test_ridge_is_flat() -> None:
    """X1: .0097-.0105 for all λ."""
    last = trained().last
    assert 0.008 < last["ridge/test_loss_at_best"] < last["ridge/test_loss_at_worst"] < 0.0125


def test_ridge_has_a_u_where_examples_just_determine_the_weights() -> None:
    """The shortest solution is no remedy at the interpolation threshold."""
    values: Values = {"train_examples": 41, "inputs": 40, "seeds": 16, "epochs": 1}
    last = train(NAME, **values, lambda_low=0.001, lambda_high=10, points=9).last
    assert 0 < last["ridge/lambda_best_test"] < 1
    assert last["ridge/test_loss_at_worst"] > 20 * last["ridge/test_loss_at_best"]


def test_l1_by_subgradient_has_a_u_and_by_soft_threshold_has_none() -> None:
    """Every weight swings around 0 by up to lr·λ, so that the loss grows with λ²."""
    swinging = trained(penalty="L1")
    test = losses(swinging, program(swinging)._test).mean(0)
    assert 0.1 < swinging.last["lambda/best_test"] < 100
    assert test[-1] > 20 * test.min()
    still = trained(penalty="L1-proximal")
    test = losses(still, program(still)._test).mean(0)
    assert test[-1] < 1.2 * test.min()


@pytest.mark.parametrize("validation_examples", [100, 3])
def test_the_choice_by_another_route(validation_examples: int) -> None:
    training = trained(validation_examples=validation_examples)
    grid, last = np.array(program(training)._grid), training.last
    validation = losses(training, program(training)._validation)
    test = losses(training, program(training)._test)
    chosen, best = validation.argmin(1), test.argmin(1)
    at_chosen = np.take_along_axis(test, chosen[:, None], 1)[:, 0]
    ratios = at_chosen / test.min(1)
    expected = {
        "val/loss": validation.mean(),
        "test/loss": test.mean(),
        "lambda/chosen": grid[validation.mean(0).argmin()],
        "lambda/best_test": grid[test.mean(0).argmin()],
        "test/loss_at_chosen": test.mean(0)[validation.mean(0).argmin()],
        "test/loss_at_best": test.mean(0).min(),
        "choice/agreement": (chosen == best).mean(),
        "choice/ratio": ratios.mean(),
        "choice/ratio_p95": np.quantile(ratios, 0.95),
        "runs/total": 16 * 8,
        "runs/diverged": 0,
        "lambda/first_diverged": math.inf,
    }
    for key, value in expected.items():
        assert last[key] == pytest.approx(float(value), rel=1e-4), key


def test_few_validation_examples_choose_worse() -> None:
    """X2: with 100 it does not matter much, 1.009 times the best on average."""
    many, few = trained().last, trained(validation_examples=3).last
    assert 1 <= many["choice/ratio"] < 1.03
    assert few["choice/ratio"] > many["choice/ratio"]
    assert few["choice/agreement"] <= many["choice/agreement"]


@pytest.mark.parametrize(("n", "inputs"), [(20, 30), (30, 10)])
def test_ridge_solves_its_equations(n: int, inputs: int) -> None:
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(2, n, inputs, generator=generator, dtype=torch.float64)
    y = torch.randn(2, n, 1, generator=generator, dtype=torch.float64)
    w, b = (part.numpy() for part in ridge(X, y, torch.tensor([0.0, 0.5, 40.0])))
    for k in range(2):
        X1 = np.column_stack((X[k], np.ones(n)))
        for j, decay in ((1, 0.5), (2, 40.0)):
            penalty = np.diag([n * decay] * inputs + [0.0])
            expected = np.linalg.solve(X1.T @ X1 + penalty, X1.T @ y[k].numpy())[:, 0]
            np.testing.assert_allclose([*w[k, :, j], b[k, 0, j]], expected, atol=1e-10)
        centred = X[k] - X[k].mean(0)
        shortest = np.linalg.pinv(centred.numpy()) @ (y[k] - y[k].mean()).numpy()
        np.testing.assert_allclose(w[k, :, 0], shortest[:, 0], atol=1e-9)


def test_full_batches_arrive_at_ridge() -> None:
    values: Values = {"inputs": 10, "train_examples": 20, "batch_size": 20, "seeds": 2, "lr": 0.2}
    training = train(NAME, **values, lambda_low=0.5, lambda_high=2, points=2, epochs=300)
    X, y = training.program.batches.tensors
    w, b = ridge(X, y, torch.tensor([0.5, 2.0]))
    parameters = training.program.parameters()
    np.testing.assert_allclose(parameters["w"].detach().numpy()[..., 1:], w.numpy(), atol=1e-5)
    np.testing.assert_allclose(parameters["b"].detach().numpy()[..., 1:], b.numpy(), atol=1e-5)


EDGE: Values = {"lambda_low": 600, "lambda_high": 700, "points": 2, "seeds": 6}


def test_lr_0_003_diverges_between_lambda_600_and_700() -> None:
    last = train(NAME, **EDGE).last
    assert last["lambda/first_diverged"] == 700
    assert last["runs/diverged"] == 6
    assert last["train/loss"] > 1e6, "the mean holds the runs that diverge"
    assert last["lambda/chosen"] == 600


def test_runs_that_are_nan_are_counted_and_never_chosen() -> None:
    training = train(NAME, **{**EDGE, "lambda_high": 3000})
    last, shown = training.last, training.program.pictures()
    assert math.isnan(last["train/loss"])
    assert (last["runs/diverged"], last["lambda/first_diverged"]) == (6, 3000)
    assert last["lambda/chosen"] == last["lambda/best_test"] == 600
    assert math.isfinite(last["choice/ratio"])
    marks = shown["loss against λ"]["points diverged"]
    assert marks["x"] == [3000]
    assert marks["y"][0] > max(y for y in shown["loss against λ"]["line test"]["y"][:2])
    table = shown["sweep"]["table"]
    assert [row[table["columns"].index("diverged")] for row in table["rows"]] == [0, 0, 6]
    assert math.isnan(table["rows"][2][1])


def test_selection_by_hand() -> None:
    nan, inf = math.nan, math.inf
    validation = torch.tensor([[3.0, 1.0, nan], [3.0, 2.0, 1.0]], dtype=torch.float64)
    test = torch.tensor([[2.0, 4.0, inf], [3.0, 6.0, 1.0]], dtype=torch.float64)
    selection = select(Losses(validation, validation, test))
    assert (int(selection.chosen), int(selection.best)) == (1, 0)
    assert (float(selection.loss_at_chosen), float(selection.loss_at_best)) == (5, 2.5)
    assert selection.chosen_each.tolist() == [1, 2]
    assert selection.best_each.tolist() == [0, 2]
    assert float(selection.agreement) == 0.5
    assert float(selection.ratio) == 1.5
    now, start = torch.tensor([nan, inf, 2.0, 1.0, 0.5]), torch.ones(5)
    assert diverged(now, start).tolist() == [True, True, True, False, False]


def test_pictures_show_means_bands_and_choices() -> None:
    training = trained()
    shown = training.program.pictures()
    assert set(shown) <= {picture.title for picture in EXPERIMENT.pictures}
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    test = losses(training, program(training)._test)
    axis = [0.1 / 10, *program(training)._grid[1:]]
    main = shown["loss against λ"]
    np.testing.assert_allclose(main["line test"]["x"], axis, rtol=1e-3)
    np.testing.assert_allclose(main["line test"]["y"], test.mean(0), rtol=1e-4)
    low, high = np.quantile(test, (0.05, 0.95), axis=0)
    assert main["band test 5-95 %"]["low"] == pytest.approx(list(low), rel=1e-4)
    assert main["band test 5-95 %"]["high"] == pytest.approx(list(high), rel=1e-4)
    np.testing.assert_allclose(shown["bands"]["line 95 %/test"]["y"], high, rtol=1e-4)
    chosen = training.last["lambda/chosen"]
    assert main["line chosen"]["x"] == [chosen, chosen]
    means = [y for name in ("train", "validation", "test") for y in main[f"line {name}"]["y"]]
    assert main["line chosen"]["y"] == [min(means), max(means)]
    assert main["points diverged"] == {}
    bars = shown["λ chosen by each repetition"]["bars"]
    assert sum(bars["values"]) == sum(bars["reference"]) == 16
    beside = shown["ridge beside SGD"]
    assert len(beside["line ridge test"]["x"]) == 8
    assert len(beside["line ridge train"]["x"]) == 7, "0 has no place on a log axis"
    table = shown["sweep"]["table"]
    assert [row[0] for row in table["rows"]] == program(training)._grid
    np.testing.assert_allclose([row[3] for row in table["rows"]], test.mean(0), rtol=1e-4)


def test_without_l2_there_is_no_ridge_to_show() -> None:
    pictures = build(NAME, **GRID, penalty="L1").pictures()
    assert pictures["ridge beside SGD"] == {}
    assert "ridge test" not in pictures["sweep"]["table"]["columns"]
