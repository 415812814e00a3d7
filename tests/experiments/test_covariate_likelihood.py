"""Protects what the importance weights of covariate shift come from: the likeliest logistic
regression, whose penalty is named and too small to matter; and the lesson's numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.experiments.driver import Array, evaluate
from tests.experiments.lessons import lesson
from tests.experiments.test_distribution_shift import layer, measured, program
from tui_lab.experiments.distribution_shift import EXPERIMENT
from tui_lab.experiments.distribution_shift.concept import expected_accuracy
from tui_lab.experiments.distribution_shift.importance import PENALTY
from tui_lab.experiments.distribution_shift.regression import logistic_regression, powers

MEAN, SD, CLIP, TRAIN, TARGET, SEED = 3.0, 0.5, 5.0, 290, 250, 2


def inputs() -> tuple[Array, Array, Array]:
    """Training inputs, their labels and target inputs of a target far away."""
    generator = torch.Generator().manual_seed(SEED)
    draws = torch.randn((4, 2000), generator=generator, dtype=torch.float64).numpy()
    x, target = draws[0, :TRAIN], MEAN + SD * draws[2, :TARGET]
    return x, x - 0.4 * x**2 + 0.2 * draws[1, :TRAIN], target


def likeliest_weights(x: Array, target: Array) -> Array:
    """β of the largest likelihood, without any penalty: Newton's method on orthogonal features."""
    pooled = np.concatenate((x, target))
    Q, _ = np.linalg.qr(np.stack([pooled**0, pooled, pooled**2], 1))
    Q *= math.sqrt(len(pooled))
    y = np.repeat([0.0, 1.0], [len(x), len(target)])
    w = np.zeros(3)
    for _ in range(100):
        p = 1 / (1 + np.exp(-Q @ w))
        step = np.linalg.solve((Q.T * (p * (1 - p))) @ Q, Q.T @ (p - y))
        w -= min(1.0, 1 / np.abs(step).max()) * step
    assert np.abs(Q.T @ (p - y)).max() < 1e-9
    return np.asarray(np.exp(Q[: len(x)] @ w) * len(x) / len(target))


def test_weights_are_the_likeliest_even_where_the_target_is_far_away() -> None:
    x, y, target = inputs()
    weights = likeliest_weights(x, target)
    used = np.minimum(weights, CLIP)
    values = {"examples": TRAIN, "target_examples": TARGET, "mean_shift": MEAN, "clip": CLIP}
    found = measured(SEED, **values)
    assert found["weights/effective_size"] == pytest.approx(
        used.sum() ** 2 / (used**2).sum(), rel=1e-5
    )
    assert found["weights/mean"] == pytest.approx(weights.mean(), rel=1e-4)
    exact = (x**2 - ((x - MEAN) / SD) ** 2) / 2 - math.log(SD)
    assert found["weights/log_error"] == pytest.approx(
        math.sqrt(((np.log(weights) - exact) ** 2).mean()), rel=1e-3
    )
    fit = np.polyfit(x, y, 1, w=np.sqrt(used))
    nodes, shares = np.polynomial.hermite_e.hermegauss(20)
    at = MEAN + SD * nodes
    missed = np.polyval(fit, at) - (at - 0.4 * at**2)
    loss = shares @ (missed**2 + 0.04) / shares.sum() / 2
    assert found["test/loss_weighted"] == pytest.approx(loss, rel=1e-4)


def test_the_penalty_is_named_where_the_weights_are_explained() -> None:
    assert f"mean logistic loss + {PENALTY:g}·‖w‖²/2" in lesson("distribution-shift")
    assert f"{PENALTY:g}·‖w‖²/2" in EXPERIMENT["ratio_degree"].help


@pytest.mark.parametrize("penalty", [1e-6, PENALTY])
def test_a_logistic_regression_is_at_its_top_and_finite_where_classes_are_apart(
    penalty: float,
) -> None:
    rng = np.random.default_rng(0)
    X = torch.from_numpy(np.column_stack((np.ones(300), rng.normal(size=(300, 2)) * [1, 20])))
    mixed = torch.from_numpy((rng.random(300) < 0.4).astype(float))
    for y in (mixed, (X[:, 1] > 0).double()):
        w = logistic_regression(X, y, penalty)
        gradient = X.T @ (torch.sigmoid(X @ w) - y) / 300 + penalty * w
        assert float(gradient.abs().max()) < 1e-9
        assert bool(torch.isfinite(w).all())


def test_domains_that_do_not_overlap_still_have_weights() -> None:
    found = measured(mean_shift=5.0, scale_shift=0.1, examples=50, target_examples=20)
    assert found["domain/accuracy"] == 1
    assert all(math.isfinite(value) for value in found.values())
    features = powers(torch.linspace(-1, 1, 5).double(), 2)
    assert bool(torch.isfinite(logistic_regression(features, torch.ones(5).double(), 1e-10)).all())


@pytest.mark.parametrize("clip", [0.0, 5.0])
def test_clipping_is_said_of_estimated_and_exact_weights_alike(clip: float) -> None:
    rows = program(mean_shift=3.0, clip=clip).pictures()["side by side"]["table"]["rows"]
    weights = {row[0]: row[1] for row in rows}
    bound = ", at most 5" if clip else ""
    assert weights["weighted"] == f"estimated β{bound}"
    assert weights["exact"] == f"true p/q{bound}"
    assert layer(program(clip=clip), "importance weights", "line exact")[1].max() > 0


def test_the_lesson_has_the_numbers_of_the_runs() -> None:
    said, far = lesson("distribution-shift"), measured(mean_shift=3.0)
    clipped = measured(mean_shift=3.0, clip=5.0)
    assert f"Weighted {far['test/loss_weighted']:.3f}, where" in said
    assert f"are no better ({far['test/loss_exact']:.3f})" in said
    assert f"loss {clipped['test/loss_weighted']:.3f}: a little" in said
    assert f"clipped at 5 as well: {clipped['test/loss_exact']:.3f}." in said
    assert f"off by up to {measured(ratio_degree=1)['weights/log_error_largest']:.0f}," in said


def test_noise_makes_the_old_model_worse_up_to_a_right_angle_and_better_beyond() -> None:
    for angle in (30.0, 60.0, 85.0):
        assert expected_accuracy(angle, 0.2) < 1 - angle / 180
        assert expected_accuracy(180 - angle, 0.2) > angle / 180
    half_turn = evaluate(program(shift="concept", angle=180.0))["accuracy/plain"]
    assert f"{half_turn:.3f} instead of 0 after half a turn" in lesson("distribution-shift")
