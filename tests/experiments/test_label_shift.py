"""Protects label shift: shares from a confusion matrix, their limits, weighted training, and the
same on the images that come with the package."""

from __future__ import annotations

import itertools
import math
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.experiments.driver import Array, build, evaluate
from tui_lab.experiments.distribution_shift import EXPERIMENT
from tui_lab.experiments.distribution_shift.classes import Draw, fashion, gaussians
from tui_lab.experiments.distribution_shift.program import DistributionShift
from tui_lab.experiments.distribution_shift.proportions import counts, full_shares
from tui_lab.experiments.distribution_shift.regression import softmax_regression
from tui_lab.experiments.distribution_shift.shares import (
    estimate,
    likeliest_shares,
    said_of_true,
)
from tui_lab.training import fashion_mnist
from tui_lab.training.fashion_mnist_files import SUBSET

NAME = "distribution-shift"
C = np.array([[0.8, 0.1, 0.2], [0.15, 0.7, 0.1], [0.05, 0.2, 0.7]])


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float64)


@cache
def measured(seed: int = 0, **values: Any) -> dict[str, float]:
    return evaluate(build(NAME, seed, shift="label", **values))


def chosen(**values: Any) -> SimpleNamespace:
    return SimpleNamespace(**EXPERIMENT.choose({"shift": "label", **values}))


def test_the_confusion_matrix_is_normalised_per_true_class() -> None:
    rng = np.random.default_rng(0)
    said, true = rng.integers(0, 4, 500), rng.choice(4, 500, p=[0.6, 0.2, 0.15, 0.05])
    found = said_of_true(torch.from_numpy(true), torch.from_numpy(said), 4).numpy()
    expected = [[np.mean(said[true == j] == i) for j in range(4)] for i in range(4)]
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(found.sum(0), 1)


def test_the_equation_gives_back_the_shares() -> None:
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.2, 0.3, 0.5])
    found = estimate(tensor(C), tensor(C @ p), tensor(q))
    np.testing.assert_allclose(found.shares, p)
    assert found.condition == pytest.approx(np.linalg.cond(C))
    assert found.how == "solved"


def test_the_joint_matrix_gives_weights_and_not_shares() -> None:
    """Subtle point 24: the fractions of the whole validation set solve for p/q."""
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.2, 0.3, 0.5])
    joint = C * q
    assert joint.sum() == pytest.approx(1)
    found = estimate(tensor(C), tensor(C @ p), tensor(q))
    np.testing.assert_allclose(found.joint, np.linalg.solve(joint, C @ p))
    np.testing.assert_allclose(found.joint, p / q)
    assert float(found.joint.sum()) != pytest.approx(1, abs=0.5)
    assert found.joint_difference < 1e-12
    assert measured()["shares/joint_sum"] == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("counted", [(0.85, 0.13, 0.02), (0.1, 0.1, 0.8), (0.3, 0.3, 0.4)])
def test_likeliest_shares_are_likeliest(counted: tuple[float, ...]) -> None:
    """Against all shares in steps of 1/200."""
    steps = [(a / 200, b / 200, 1 - (a + b) / 200) for a in range(201) for b in range(201 - a)]
    grid = np.clip(np.array(steps), 0, 1)
    likelihood = np.log(grid @ C.T) @ np.array(counted)
    found = likeliest_shares(tensor(C), tensor(counted)).numpy()
    np.testing.assert_allclose(found, grid[likelihood.argmax()], atol=0.006)
    assert np.log(C @ found) @ np.array(counted) >= likelihood.max() - 1e-9


def test_shares_below_0_are_replaced_and_said() -> None:
    counted = tensor([0.9, 0.1, 0.0])
    found = estimate(tensor(C), counted, tensor([1 / 3] * 3))
    assert float(found.solved.min()) < 0
    assert float(found.shares.min()) >= 0
    assert float(found.shares.sum()) == pytest.approx(1)
    assert "below 0" in found.how
    assert measured(target_shares="3,1,0")["shares/negative"] == 1


def test_inside_the_simplex_likeliest_is_solved() -> None:
    p = np.array([0.5, 0.3, 0.2])
    np.testing.assert_allclose(likeliest_shares(tensor(C), tensor(C @ p)), p, atol=1e-6)


def test_a_singular_matrix_still_gives_shares() -> None:
    blind = np.array([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0, 0, 0]])
    found = estimate(tensor(blind), tensor([0.5, 0.5, 0]), tensor([0.3, 0.3, 0.4]))
    assert found.condition == math.inf
    assert math.isnan(found.joint_difference)
    assert float(found.shares.sum()) == pytest.approx(1)
    assert "singular" in found.how


def test_counts_are_whole_and_near() -> None:
    for shares, total in itertools.product(
        ([0.5, 0.3, 0.2], [1 / 3] * 3, [0.999, 0.001, 0.0]), (1, 7, 100)
    ):
        found = counts(shares, total)
        assert sum(found) == total
        assert all(abs(n - share * total) < 1 for n, share in zip(found, shares, strict=True))
    assert full_shares((7, 2, 1), 5) == pytest.approx(np.array([7, 2, 1, 1, 1]) / 12)


def objective(W: Array, X: Array, y: Any, weights: Array) -> float:
    scores = X @ W[:-1] + W[-1]
    losses = np.log(np.exp(scores).sum(1)) - scores[np.arange(len(y)), y]
    return float((weights * losses).sum() / weights.sum() + 1e-3 * (W[:-1] ** 2).sum() / 2)


def test_softmax_regression_is_at_its_minimum() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 3)), rng.integers(0, 4, 400)
    X[:, 0] += y
    weights = rng.random(400) + 0.1
    W = softmax_regression(tensor(X), torch.from_numpy(y), 4, weights=tensor(weights)).numpy()
    least = objective(W, X, y, weights)
    for _ in range(30):
        assert objective(W + 0.05 * rng.normal(size=W.shape), X, y, weights) > least - 1e-8
    flat = W.reshape(-1)
    for j in range(len(flat)):
        step = np.zeros_like(flat)
        step[j] = 1e-4
        up, down = (objective((flat + s * step).reshape(W.shape), X, y, weights) for s in (1, -1))
        assert abs(up - down) / 2e-4 < 1e-3


def test_a_weight_of_two_is_an_example_twice() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(60, 2)), rng.integers(0, 3, 60)
    doubled = np.where(y == 1, 2.0, 1.0)
    weighted = softmax_regression(tensor(X), torch.from_numpy(y), 3, weights=tensor(doubled))
    rows = np.concatenate((np.arange(60), np.flatnonzero(y == 1)))
    repeated = softmax_regression(tensor(X[rows]), torch.from_numpy(y[rows]), 3)
    np.testing.assert_allclose(weighted, repeated, atol=2e-3)


def test_synthetic_classes_are_as_far_apart_as_asked_for() -> None:
    draw = gaussians(chosen(separation=4, examples=2000), torch.Generator().manual_seed(0))
    X, y = draw.train.X.numpy(), draw.train.y.numpy()
    centres = [X[y == j].mean(0) for j in range(3)]
    for a, b in itertools.combinations(centres, 2):
        assert np.linalg.norm(a - b) == pytest.approx(4, abs=0.2)
    assert X[y == 0].std(0) == pytest.approx([1, 1], abs=0.08)
    assert draw.target.shares.numpy() == pytest.approx([0.7, 0.2, 0.1])


def test_the_estimate_beats_counting_and_training_again_pays() -> None:
    found = [measured(seed) for seed in range(8)]

    def mean(key: str) -> float:
        return float(np.mean([f[key] for f in found]))

    assert mean("shares/error") < 0.6 * mean("shares/error_counted")
    assert mean("accuracy/corrected") > mean("accuracy/plain") + 0.03
    assert mean("accuracy/adjusted") == pytest.approx(mean("accuracy/corrected"), abs=0.01)
    assert mean("accuracy/oracle") == pytest.approx(mean("accuracy/corrected"), abs=0.02)


def test_shares_and_weights_belong_together() -> None:
    found = measured(source_shares="2,1,1")
    shares = np.array([found[f"shares/{j}"] for j in range(3)])
    assert shares.sum() == pytest.approx(1)
    weights = shares / [0.5, 0.25, 0.25]
    assert found["weights/largest"] == pytest.approx(weights.max())
    size = 1 / (np.array([0.5, 0.25, 0.25]) * weights**2).sum()
    assert found["weights/effective_size"] == pytest.approx(500 * size)


def test_a_poor_classifier_says_so_by_its_condition() -> None:
    good, poor = measured(separation=4), measured(separation=0.3)
    assert good["shares/condition"] < 2 < 8 < poor["shares/condition"]
    assert good["shares/error"] < poor["shares/error"]


def images(seed: int = 0, **values: Any) -> DistributionShift:
    hyperparameters = EXPERIMENT.choose({"shift": "label", "data": "fashion-mnist", **values})
    cpu = torch.device("cpu")
    program = DistributionShift(hyperparameters, seed=seed, device=cpu, data=str(SUBSET))
    program.build()
    return program


def test_the_same_on_images() -> None:
    program = images(examples=1000, target_examples=1000)
    found = evaluate(program)
    assert found["examples/train"] == 1000
    assert found["examples/target"] == 242  # 100 of the first class are 7/17 of 242.9
    assert 0.6 < found["accuracy/plain"] < 0.9
    assert sum(found[f"shares/{j}"] for j in range(10)) == pytest.approx(1)
    assert found["shares/joint_sum"] == pytest.approx(10, abs=0.2)
    assert set(found) <= {metric.key for metric in EXPERIMENT.metrics}
    cells = program.pictures()["confusion matrix"]["cells"]
    np.testing.assert_allclose(np.sum(cells["values"], axis=0), 1)
    assert len(program.pictures()["estimated shares"]["bars"]["values"]) == 10


def test_the_estimate_beats_counting_on_images() -> None:
    found = [evaluate(images(s, examples=1000, target_examples=1000)) for s in range(6)]

    def mean(key: str) -> float:
        return float(np.mean([f[key] for f in found]))

    assert mean("shares/error") < 0.8 * mean("shares/error_counted")
    assert mean("accuracy/adjusted") > mean("accuracy/plain") + 0.005


def drawn(**values: Any) -> Draw:
    hp = chosen(data="fashion-mnist", **values)
    return fashion(hp, torch.Generator().manual_seed(0), str(SUBSET))


def test_images_are_means_of_their_pixels_and_no_one_is_drawn_twice() -> None:
    draw = drawn(examples=1500)
    split = fashion_mnist.load(str(SUBSET)).train
    pixels = np.rint(split.X.numpy() * 255).reshape(-1, 7, 4, 7, 4).sum((2, 4)).reshape(-1, 49)
    known = {tuple(row): int(y) for row, y in zip(pixels.astype(int), split.y, strict=True)}
    rows: list[tuple[int, ...]] = []
    for part in (draw.train, draw.validation):
        sums = np.rint((part.X.numpy() * 0.353 + 0.286) * 255 * 16).astype(int)
        rows += [tuple(row) for row in sums]
        assert [known[tuple(row)] for row in sums] == part.y.tolist()
    assert len(rows) == 3000
    assert len(set(rows)) == len(known)


def test_images_that_run_out_make_all_classes_fewer() -> None:
    draw = drawn(target_shares="1", source_shares="100,1", examples=2000, target_examples=2000)
    assert len(draw.target.y) == 1000
    assert len(draw.train.y) == math.floor(150 / (100 / 109))
    np.testing.assert_allclose(draw.train.shares[0], 100 / 109, atol=0.01)
