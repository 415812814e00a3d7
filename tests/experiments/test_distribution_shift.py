"""Protects covariate shift: importance weights against the true ratio of densities, losses against
integrals of their own; and every knob of all three shifts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from tests.experiments.driver import Array, build, evaluate
from tui_lab.errors import HyperparameterError
from tui_lab.experiments.distribution_shift import EXPERIMENT
from tui_lab.experiments.distribution_shift.importance import importance_weights
from tui_lab.training.program import Program

NAME = "distribution-shift"


@cache
def program(seed: int = 0, **values: Any) -> Program:
    return build(NAME, seed, **values)


def measured(seed: int = 0, **values: Any) -> dict[str, float]:
    return evaluate(program(seed, **values))


def layer(built: Program, title: str, name: str) -> tuple[Array, Array]:
    data: Mapping[str, Any] = built.pictures()[title][name]
    return np.array(data["x"]), np.array(data["y"])


def gaussian(x: Array, mean: float, sd: float) -> Array:
    return np.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * math.sqrt(2 * math.pi))


def covariate_data(seed: int, n: int = 500, m: int = 500) -> tuple[Array, Array, Array, Array]:
    """Training inputs and labels, target inputs and labels, at the defaults of the other knobs."""
    generator = torch.Generator().manual_seed(seed)
    draws = torch.randn((4, 2000), generator=generator, dtype=torch.float64).numpy()
    x, target = draws[0, :n], 1.5 + 0.5 * draws[2, :m]
    labels = [z - 0.4 * z**2 for z in (x, target)]
    return x, labels[0] + 0.2 * draws[1, :n], target, labels[1] + 0.2 * draws[3, :m]


def target_loss(coefficients: Array) -> float:
    """Expected half squared error of a polynomial (highest power first) on the target."""
    x = np.linspace(-4, 7, 20001)
    missed = np.polyval(coefficients, x) - (x - 0.4 * x**2)
    area = (gaussian(x, 1.5, 0.5) * missed**2).sum() * (x[1] - x[0])
    return float(area + 0.04) / 2


def test_plain_and_oracle_are_the_least_squares_of_their_data() -> None:
    x, y, target, labels = covariate_data(3)
    found = measured(3)
    assert found["test/loss_plain"] == pytest.approx(target_loss(np.polyfit(x, y, 1)))
    assert found["test/loss_oracle"] == pytest.approx(target_loss(np.polyfit(target, labels, 1)))
    residuals = np.polyval(np.polyfit(x, y, 1), x) - y
    assert found["train/loss_plain"] == pytest.approx((residuals**2).mean() / 2)


@pytest.mark.parametrize("clip", [0.0, 3.0])
def test_exact_weights_are_the_ratio_of_the_densities(clip: float) -> None:
    x, y, _, _ = covariate_data(3)
    ratio = gaussian(x, 1.5, 0.5) / gaussian(x, 0, 1)
    weights = np.minimum(ratio, clip) if clip else ratio
    expected = target_loss(np.polyfit(x, y, 1, w=np.sqrt(weights)))
    assert measured(3, clip=clip)["test/loss_exact"] == pytest.approx(expected)


def logistic_weights(x: Array, target: Array) -> Array:
    """β from a logistic regression fitted by plain gradient descent on scaled features."""
    pooled = np.concatenate((x, target))
    X = np.stack([np.ones_like(pooled), pooled, pooled**2], 1)
    Q, R = np.linalg.qr(X)
    Q, R = Q * math.sqrt(len(X)), R / math.sqrt(len(X))
    y = np.repeat([0.0, 1.0], [len(x), len(target)])
    w = np.zeros(3)
    for _ in range(20_000):
        w -= 2 * Q.T @ (1 / (1 + np.exp(-Q @ w)) - y) / len(y)
    return np.asarray(np.exp(Q[: len(x)] @ w) * len(x) / len(target))


@pytest.mark.parametrize("m", [500, 125])
def test_estimated_weights_are_those_of_a_logistic_regression(m: int) -> None:
    x, y, target, _ = covariate_data(3, m=m)
    weights = logistic_weights(x, target)
    found = measured(3, target_examples=m)
    fit = np.polyfit(x, y, 1, w=np.sqrt(weights))
    assert found["test/loss_weighted"] == pytest.approx(target_loss(fit), rel=1e-3)
    assert found["weights/effective_size"] == pytest.approx(
        weights.sum() ** 2 / (weights**2).sum(), rel=1e-2
    )
    errors = np.log(weights) - np.log(gaussian(x, 1.5, 0.5) / gaussian(x, 0, 1))
    assert found["weights/log_error"] == pytest.approx(math.sqrt((errors**2).mean()), rel=2e-2)
    assert found["weights/log_error_largest"] == pytest.approx(abs(errors).max(), rel=5e-2)


def test_weights_do_not_depend_on_how_many_target_inputs_there_are() -> None:
    """Without the ratio of the counts their mean would be 4 or 1/4, not 1."""
    for m in (125, 2000):
        means = [measured(s, examples=500, target_examples=m)["weights/mean"] for s in range(5)]
        assert np.mean(means) == pytest.approx(1, abs=0.2)


def test_the_estimate_comes_near_the_truth_with_more_inputs() -> None:
    def error(n: int) -> float:
        errors = []
        for seed in range(4):
            generator = torch.Generator().manual_seed(seed)
            q = torch.randn(n, generator=generator, dtype=torch.float64)
            p = 1 + 0.7 * torch.randn(n, generator=generator, dtype=torch.float64)
            X, Z = (torch.stack((x**0, x, x**2), 1) for x in (q, p))
            weights, _ = importance_weights(X, Z)
            exact = gaussian(q.numpy(), 1, 0.7) / gaussian(q.numpy(), 0, 1)
            errors.append(np.abs(weights.numpy() - exact).mean())
        return float(np.mean(errors))

    assert error(20_000) < 0.3 * error(500)


def test_weights_help_a_model_that_is_too_simple() -> None:
    found = [measured(seed) for seed in range(6)]
    for f in found:
        assert f["test/loss_weighted"] < f["test/loss_plain"] / 5
        assert f["test/loss_weighted"] < 1.5 * f["test/loss_oracle"]
        assert f["train/loss_weighted"] > 3 * f["train/loss_plain"]


def test_weights_cost_a_model_that_is_right() -> None:
    found = [measured(seed, degree=2) for seed in range(30)]
    plain, weighted = (
        np.mean([f[f"test/loss_{name}"] for f in found]) - 0.02 for name in ("plain", "weighted")
    )
    assert 0 < plain < weighted


def test_a_wrong_form_of_the_ratio_costs() -> None:
    found = [measured(seed, ratio_degree=1) for seed in range(4)]
    exact = [measured(seed) for seed in range(4)]
    assert all(f["weights/log_error_largest"] > 10 for f in found)
    assert np.mean([f["test/loss_weighted"] for f in found]) > np.mean(
        [f["test/loss_weighted"] for f in exact]
    )


def test_clipping_bounds_the_weights_and_keeps_more_examples() -> None:
    free, clipped = (measured(mean_shift=3, clip=clip) for clip in (0, 5))
    assert free["weights/clipped"] == 0
    assert clipped["weights/clipped"] > 0
    assert clipped["weights/largest"] == 5 < free["weights/largest"]
    assert clipped["weights/effective_size"] > 2 * free["weights/effective_size"]


def test_without_a_shift_nothing_is_gained() -> None:
    found = measured(mean_shift=0, scale_shift=1)
    assert found["weights/effective_size"] > 480
    assert found["domain/accuracy"] == pytest.approx(0.5, abs=0.06)
    assert found["test/loss_weighted"] == pytest.approx(found["test/loss_plain"], rel=0.05)


def test_the_pictures_of_a_covariate_shift() -> None:
    x, y, target, labels = covariate_data(0)
    built = program()
    for name, expected in (("train", (x, y)), ("target", (target, labels))):
        shown = layer(built, "fit", f"points {name}")
        np.testing.assert_allclose(shown, [values[:300] for values in expected])
    along, line = layer(built, "fit", "line plain")
    np.testing.assert_allclose(line, np.polyval(np.polyfit(x, y, 1), along))
    along, ratio = layer(built, "importance weights", "line exact")
    np.testing.assert_allclose(ratio, gaussian(along, 1.5, 0.5) / gaussian(along, 0, 1))
    bars = built.pictures()["plain and corrected"]["bars"]
    assert bars["values"] == [measured()[f"test/loss_{name}"] for name in bars["labels"]]
    assert bars["reference"] == pytest.approx([0.02] * 4)


KNOBS: list[tuple[str, str, Any, str]] = [
    ("covariate", "examples", 499, "test/loss_plain"),
    ("covariate", "target_examples", 499, "test/loss_weighted"),
    ("covariate", "noise", 0.3, "test/loss_plain"),
    ("covariate", "mean_shift", 1.4, "test/loss_plain"),
    ("covariate", "scale_shift", 0.6, "test/loss_plain"),
    ("covariate", "curvature", 0.5, "test/loss_plain"),
    ("covariate", "degree", 3, "test/loss_plain"),
    ("covariate", "ratio_degree", 3, "test/loss_weighted"),
    ("covariate", "clip", 2, "test/loss_weighted"),
    ("concept", "examples", 499, "angle/plain"),
    ("concept", "target_examples", 499, "angle/updated"),
    ("concept", "noise", 0.3, "angle/plain"),
    ("concept", "angle", 80, "angle/plain"),
    ("concept", "periods", 17, "angle/updated"),
    ("concept", "updates", 4, "angle/updated"),
    ("concept", "lr", 0.9, "angle/updated"),
    ("label", "examples", 499, "shares/error"),
    ("label", "target_examples", 499, "shares/error"),
    ("label", "separation", 2.1, "accuracy/plain"),
    ("label", "source_shares", "2,1", "weights/largest"),
    ("label", "target_shares", "6,2,1", "accuracy/plain"),
]


@pytest.mark.parametrize(("shift", "name", "value", "key"), KNOBS)
def test_no_knob_is_ignored(shift: str, name: str, value: Any, key: str) -> None:
    changed: dict[str, Any] = {name: value}
    assert measured(shift=shift)[key] != measured(shift=shift, **changed)[key]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"shift": "label", "target_shares": "1,2,3,4"}, "target_shares"),
        ({"shift": "label", "source_shares": "1,2,3,4"}, "source_shares"),
        ({"shift": "label", "target_shares": "0"}, "target_shares"),
        ({"shift": "label", "source_shares": "100,0.01"}, "source_shares"),
        ({"scale_shift": 0}, "scale_shift"),
        ({"angle": 181}, "angle"),
        ({"examples": 10}, "examples"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], name: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        EXPERIMENT.choose(values)
    assert refused.value.name == name
    assert str(refused.value).startswith(name)


@pytest.mark.parametrize("shift", ["covariate", "label", "concept"])
def test_the_seed_and_nothing_else_decides(shift: str) -> None:
    again = program.__wrapped__(3, shift=shift)
    assert measured(3, shift=shift) == evaluate(again)
    assert program(3, shift=shift).pictures() == again.pictures()
    assert measured(3, shift=shift) != measured(4, shift=shift)


EXTREMES: list[dict[str, Any]] = [
    {"examples": 20, "target_examples": 20, "mean_shift": 5, "scale_shift": 0.1, "degree": 5},
    {"mean_shift": -5, "scale_shift": 3, "ratio_degree": 4, "noise": 10, "curvature": 3},
    {"shift": "concept", "angle": 0, "periods": 1, "updates": 0, "noise": 0},
    {"shift": "concept", "examples": 20, "target_examples": 20, "lr": 100, "updates": 100},
    {"shift": "label", "separation": 0, "examples": 20, "target_examples": 20},
    {"shift": "label", "separation": 10, "target_shares": "0,0,1"},
]


@pytest.mark.parametrize("values", [{}, {"shift": "label"}, {"shift": "concept"}, *EXTREMES])
def test_everything_shown_is_declared(values: dict[str, Any]) -> None:
    built = program(**values)
    found, shown = evaluate(built), built.pictures()
    assert set(found) <= {metric.key for metric in EXPERIMENT.metrics}
    assert set(shown) == {picture.title for picture in EXPERIMENT.pictures}
    charts = {title: layers for title, layers in shown.items() if title != "side by side"}
    json.dumps(charts, allow_nan=False)
    assert json.loads(json.dumps(shown["side by side"])) is not None
    unknown = {key for key, value in found.items() if not math.isfinite(value)}
    assert unknown <= {"shares/condition", "shares/joint_sum", "shares/joint_difference"}


def test_every_layer_is_given_for_every_kind_so_that_none_is_left_over() -> None:
    layers = [
        {(title, name) for title, data in program(shift=shift).pictures().items() for name in data}
        for shift in ("covariate", "label", "concept")
    ]
    assert layers[0] == layers[1] == layers[2]


def test_every_declared_metric_is_logged_by_one_kind() -> None:
    logged = {key for shift in ("covariate", "label", "concept") for key in measured(shift=shift)}
    classes = {f"shares/{j}" for j in range(3, 10)}  # those of Fashion-MNIST
    assert {metric.key for metric in EXPERIMENT.metrics} - classes == logged
