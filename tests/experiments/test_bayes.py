"""Protects Bayesian linear regression: prior times likelihood is the posterior, its maximum is the
penalised solution, and its integrals are right; all by other ways than the program's own."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from tests.experiments.driver import Array, build, evaluate
from tui_lab.errors import HyperparameterError
from tui_lab.experiments.bayes import EXPERIMENT
from tui_lab.experiments.bayes.penalized import lasso
from tui_lab.experiments.bayes.program import Bayes

NAME = "bayes"

CASES: list[dict[str, Any]] = [
    {"prior": prior, **values}
    for prior in ("gaussian", "laplace")
    for values in (
        {},
        {"given": "lambda", "strength": 0.004, "true_w": "0.01,0"},
        {"examples": 1, "tau": 0.02},
        {"correlation": 0.95, "examples": 7},
        {"noise": 0.5, "tau": 0.3, "true_w": "1,-0.5"},
    )
]


@cache
def program(seed: int = 0, **values: Any) -> Bayes:
    built = build(NAME, seed, **values)
    assert isinstance(built, Bayes)
    return built


def examples(built: Bayes) -> tuple[Array, Array]:
    data = built._posterior.data
    return data.X.numpy(), data.y.numpy()


def log_joint(built: Bayes, w1: Array, w2: Array) -> Array:
    """log prior + log likelihood, from their formulas alone."""
    X, y = examples(built)
    s, scale = built.hp.noise, evaluate(built)["tau"]
    residuals = y - w1[..., None] * X[:, 0] - w2[..., None] * X[:, 1]
    fit = -(residuals**2).sum(-1) / (2 * s**2) - len(y) * math.log(s * math.sqrt(2 * math.pi))
    belief = -(w1**2 + w2**2) / (2 * scale**2) - math.log(2 * math.pi * scale**2)
    if built.hp.prior == "laplace":
        belief = -(abs(w1) + abs(w2)) / scale - 2 * math.log(2 * scale)
    return np.asarray(fit + belief)


@pytest.mark.parametrize(("strength", "tau"), [(3.0, 0.00129), (10.0, 0.000707), (0.05, 0.01)])
def test_lambda_and_tau_are_one_belief(strength: float, tau: float) -> None:
    """The numbers of the notes: s .01, n 20."""
    assert evaluate(program(given="lambda", strength=strength))["tau"] == pytest.approx(
        tau, rel=2e-3
    )
    back = evaluate(program(tau=evaluate(program(given="lambda", strength=strength))["tau"]))
    assert back["lambda"] == pytest.approx(strength, rel=1e-12)


def test_the_laplace_scale_is_not_squared() -> None:
    assert evaluate(program(prior="laplace", tau=0.001))["lambda"] == pytest.approx(0.005)
    given = evaluate(program(prior="laplace", given="lambda", strength=0.005))
    assert given["tau"] == pytest.approx(0.001)


@pytest.mark.parametrize("values", CASES)
def test_minus_log_posterior_is_the_penalised_loss(values: dict[str, Any]) -> None:
    built = program(**values)
    X, y = examples(built)
    strength, n = evaluate(built)["lambda"], len(y)
    rng = np.random.default_rng(0)
    w = rng.normal(size=(40, 2)) * 0.02
    loss = ((y - w @ X.T) ** 2).mean(1) / 2
    laplace = built.hp.prior == "laplace"
    penalty = strength * (abs(w).sum(1) if laplace else (w**2).sum(1) / 2)
    energy = n / built.hp.noise**2 * (loss + penalty)
    deviation = -log_joint(built, w[:, 0], w[:, 1]) - energy
    assert np.ptp(deviation) < 1e-9 * np.ptp(energy)
    assert evaluate(built)["identity/error"] < 1e-12


@pytest.mark.parametrize("values", CASES)
def test_the_map_is_the_penalised_solution(values: dict[str, Any]) -> None:
    built = program(**values)
    X, y = examples(built)
    found, n = evaluate(built), len(y)
    w = np.array([found["map/w1"], found["map/w2"]])
    gradient = X.T @ (X @ w - y) / n
    if built.hp.prior == "gaussian":
        rows = np.vstack((X, math.sqrt(n * found["lambda"]) * np.eye(2)))
        expected = np.linalg.lstsq(rows, np.concatenate((y, [0, 0])), rcond=None)[0]
        np.testing.assert_allclose(w, expected, rtol=1e-8)
    for j in range(2):  # the conditions of a minimum, with the sub-gradient at a kink
        slope = found["lambda"] * (np.sign(w[j]) if built.hp.prior == "laplace" else w[j])
        if built.hp.prior == "laplace" and w[j] == 0:
            assert abs(gradient[j]) <= found["lambda"] * (1 + 1e-9)
        else:
            assert gradient[j] == pytest.approx(-slope, rel=1e-6, abs=1e-9 * abs(y).max())
    assert found["map/difference"] < 1e-9 * abs(w).max()


@pytest.mark.parametrize("values", CASES)
def test_mean_spread_and_evidence_are_those_of_a_fine_grid(values: dict[str, Any]) -> None:
    built = program(**values)
    found = evaluate(built)
    axes = []
    for j in (1, 2):
        mean, sd = found[f"posterior/mean_w{j}"], found[f"posterior/sd_w{j}"]
        top = found[f"map/w{j}"]
        axes.append(np.linspace(min(mean - 14 * sd, top), max(mean + 14 * sd, top), 701))
    step = [axis[1] - axis[0] for axis in axes]
    w1, w2 = np.meshgrid(*axes, indexing="ij")
    logs = np.stack([log_joint(built, a, b) for a, b in zip(w1, w2, strict=True)])
    mass = np.exp(logs - logs.max()) * step[0] * step[1]
    total = mass.sum()
    assert found["evidence/log"] == pytest.approx(math.log(total) + logs.max(), abs=3e-3)
    for j, w in ((1, w1), (2, w2)):
        mean = (mass * w).sum() / total
        sd = math.sqrt((mass * (w - mean) ** 2).sum() / total)
        assert found[f"posterior/mean_w{j}"] == pytest.approx(mean, abs=2e-3 * sd)
        assert found[f"posterior/sd_w{j}"] == pytest.approx(sd, rel=3e-3)


def test_gaussian_evidence_is_the_density_of_the_labels() -> None:
    built = program(correlation=0.7)
    X, y = examples(built)
    covariance = 0.01**2 * (np.eye(20) + X @ X.T)
    quadratic = y @ np.linalg.solve(covariance, y)
    expected = -(quadratic + np.linalg.slogdet(2 * math.pi * covariance)[1]) / 2
    assert evaluate(built)["evidence/log"] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("prior", ["gaussian", "laplace"])
def test_the_best_tau_is_the_top_of_the_evidence(prior: str) -> None:
    best = evaluate(program(prior=prior))["evidence/best_tau"]
    top, *others = (
        evaluate(program(prior=prior, tau=tau))["evidence/log"]
        for tau in (best, 0.97 * best, 1.03 * best, best / 10, best * 10)
    )
    assert top > max(others)
    shown = program(prior=prior).pictures()["evidence"]["line evidence"]
    assert top >= max(shown["y"])
    assert top - max(shown["y"]) < 0.1


@pytest.mark.parametrize("prior", ["gaussian", "laplace"])
@pytest.mark.parametrize(
    ("end", "values"),
    [
        (1e-5, {"true_w": (0.0, 0.0), "noise": 1e-3, "examples": 10_000}),
        (10.0, {"true_w": (10.0, 10.0), "noise": 10.0, "examples": 1}),
    ],
)
def test_the_best_tau_stays_in_its_range(prior: str, end: float, values: dict[str, Any]) -> None:
    built = program(prior=prior, **values)
    assert evaluate(built)["evidence/best_tau"] == end
    pictures = built.pictures()
    assert pictures["evidence"]["points best"]["x"] == [end]
    shown = pictures["evidence"]["line evidence"]["x"]
    assert (shown[0], shown[-1]) == (1e-5, 10.0)


@pytest.mark.parametrize("prior", ["gaussian", "laplace"])
def test_without_data_the_posterior_is_the_prior(prior: str) -> None:
    found = evaluate(program(prior=prior, examples=0, tau=0.3))
    sd = 0.3 * (math.sqrt(2) if prior == "laplace" else 1)
    assert found["lambda"] == math.inf
    assert found["map/w1"] == found["map/w2"] == found["penalized/w1"] == 0
    assert found["prior/sd"] == pytest.approx(sd)
    assert found["posterior/sd_w1"] == pytest.approx(sd, rel=1e-6)
    assert found["one/sd"] == pytest.approx(sd, rel=1e-6)
    assert found["evidence/log"] == pytest.approx(0, abs=1e-9)
    assert math.isnan(found["evidence/best_tau"])


def test_data_overcome_any_prior() -> None:
    few, many = (program(tau=0.0013, examples=n) for n in (20, 10_000))
    assert evaluate(few)["map/error"] > 0.005
    assert evaluate(many)["map/error"] < 3e-4
    X, y = examples(many)
    np.testing.assert_array_equal(examples(few)[0], X[:20])
    np.testing.assert_array_equal(examples(few)[1], y[:20])


def test_one_example_leaves_the_prior_to_choose() -> None:
    """The MAP lies on the line from 0 along the example: nothing else is known."""
    built = program(examples=1)
    found = evaluate(built)
    x = examples(built)[0][0]
    assert found["map/w1"] * x[1] == pytest.approx(found["map/w2"] * x[0])
    assert math.isnan(found["least_squares/w1"])


def test_the_laplace_map_is_sparse_and_the_mean_is_not() -> None:
    values: dict[str, Any] = dict(EXPERIMENT.preset("laplace").values)
    found = [evaluate(program(seed, **values)) for seed in range(5)]
    assert sum(f["map/w2"] == 0 == f["penalized/w2"] for f in found) >= 4
    assert all(f["posterior/mean_w2"] != 0 for f in found)
    gaussian = {**values, "prior": "gaussian"}
    assert all(evaluate(program(seed, **gaussian))["map/w2"] != 0 for seed in range(5))


def test_least_squares_is_where_the_likelihood_is_largest() -> None:
    built = program(correlation=0.5)
    X, y = examples(built)
    found = evaluate(built)
    expected = np.linalg.lstsq(X, y, rcond=None)[0]
    np.testing.assert_allclose([found[f"least_squares/w{j}"] for j in (1, 2)], expected)


def test_inputs_have_the_correlation_asked_for() -> None:
    X, y = examples(program(correlation=-0.8, examples=10_000, noise=0.1, true_w="2,3"))
    assert np.corrcoef(X[:, 0], X[:, 1]).flat[1] == pytest.approx(-0.8, abs=0.02)
    assert X.std(0) == pytest.approx([1, 1], abs=0.03)
    assert (y - X @ [2, 3]).std() == pytest.approx(0.1, abs=0.003)


def test_lasso_arrives_where_coordinate_descent_alone_would_not() -> None:
    """Inputs of correlation 1 − 1e-9: the minimum is all on one of them."""
    gram = torch.tensor([[1.0, 1 - 1e-9], [1 - 1e-9, 1.0]], dtype=torch.float64)
    moment = gram @ torch.tensor([0.0, 1.0], dtype=torch.float64)
    w = lasso(gram, moment, 1e-3)
    gradient = (gram @ w - moment).numpy()
    for value, slope in zip(w.tolist(), gradient, strict=True):
        if value:
            assert slope == pytest.approx(-1e-3 * np.sign(value), rel=1e-6)
        else:
            assert abs(slope) <= 1e-3 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prior", "laplace"),
        ("given", "lambda"),
        ("tau", 0.02),
        ("noise", 0.02),
        ("examples", 21),
        ("true_w", "0.01,0.02"),
        ("correlation", 0.1),
    ],
)
def test_no_knob_is_ignored(name: str, value: Any) -> None:
    changed: dict[str, Any] = {name: value}
    base, altered = evaluate(program()), evaluate(program(**changed))
    assert base["map/w1"] != altered["map/w1"]


def test_only_the_knob_that_is_given_counts() -> None:
    assert evaluate(program(strength=7)) == evaluate(program())
    base = evaluate(program(given="lambda"))
    assert evaluate(program(given="lambda", tau=7)) == base
    assert evaluate(program(given="lambda", strength=7)) != base


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"given": "lambda", "examples": 0}, "examples"),
        ({"true_w": "1"}, "true_w"),
        ({"tau": 0}, "tau"),
        ({"noise": 0}, "noise"),
        ({"correlation": 1}, "correlation"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], name: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        EXPERIMENT.choose(values)
    assert refused.value.name == name
    assert str(refused.value).startswith(name)


def test_the_seed_and_nothing_else_decides() -> None:
    again = program.__wrapped__(3)
    assert evaluate(program(3)) == evaluate(again)
    assert program(3).pictures() == again.pictures()
    assert evaluate(program(3)) != evaluate(program(4))
