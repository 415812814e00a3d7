"""Protects concept shift: accuracies against simulation and angles, updates against numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.experiments.driver import Array
from tests.experiments.test_distribution_shift import layer, measured, program
from tui_lab.experiments.distribution_shift.concept import expected_accuracy


@pytest.mark.parametrize(("angle", "noise"), [(0.0, 0.0), (60.0, 0.0), (30.0, 0.5), (150.0, 2.0)])
def test_expected_accuracy_is_that_of_a_simulation(angle: float, noise: float) -> None:
    rng = np.random.default_rng(1)
    X, e = rng.normal(size=(400_000, 2)), rng.normal(size=400_000)
    turned = X @ [math.cos(math.radians(angle)), math.sin(math.radians(angle))] + noise * e
    simulated = ((X[:, 0] > 0) == (turned > 0)).mean()
    assert expected_accuracy(angle, noise) == pytest.approx(simulated, abs=3e-3)
    if noise == 0:
        assert expected_accuracy(angle, 0) == pytest.approx(1 - angle / 180)


@pytest.mark.parametrize("angle", [0.0, 45.0, 90.0, 180.0])
def test_the_old_model_is_as_good_as_its_angle(angle: float) -> None:
    found = measured(shift="concept", angle=angle, noise=0.1)
    assert found["accuracy/plain"] == pytest.approx(found["accuracy/plain_expected"], abs=0.025)
    assert found["angle/plain"] == pytest.approx(angle, abs=4)
    assert found["accuracy/oracle"] > 0.93
    assert found["weights/effective_size"] > 470


def test_without_updates_nothing_is_learned() -> None:
    found = measured(shift="concept", updates=0)
    assert found["accuracy/updated"] == found["accuracy/plain"]
    assert found["angle/updated"] == found["angle/plain"]


def test_updates_are_gradient_steps_on_the_new_examples() -> None:
    generator = torch.Generator().manual_seed(2)

    def draw(angle: float) -> tuple[Array, Array]:
        draws = torch.randn((100, 3), generator=generator, dtype=torch.float64).numpy()
        direction = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
        return draws[:, :2], (draws[:, :2] @ direction + 0.5 * draws[:, 2] > 0).astype(float)

    X, y = draw(0)
    w = np.zeros(2)
    for _ in range(20_000):
        w -= X.T @ (1 / (1 + np.exp(-X @ w)) - y) / 100
    for angle in (35.0, 70.0):
        X, y = draw(angle)
        for _ in range(3):
            w -= 0.7 * X.T @ (1 / (1 + np.exp(-X @ w)) - y) / 100
    values = {"examples": 100, "target_examples": 100, "angle": 70, "periods": 2, "noise": 0.5}
    found = measured(2, shift="concept", updates=3, lr=0.7, **values)
    off = 70 - math.degrees(math.atan2(w[1], w[0]))
    assert found["angle/updated"] == pytest.approx(abs(off), abs=1e-2)


def test_more_updates_keep_up_better() -> None:
    lags = [measured(shift="concept", updates=k)["angle/updated"] for k in (1, 5, 30)]
    assert lags[0] > lags[1] > lags[2]


def test_the_course_is_measured_period_by_period() -> None:
    built = program(shift="concept", periods=6)
    angles, accuracies = layer(built, "accuracy and angle", "points plain")
    np.testing.assert_allclose(angles, np.arange(1, 7) * 15)
    at, expected = layer(built, "accuracy and angle", "line expected of plain")
    there = np.interp(angles, at, expected)
    np.testing.assert_allclose(accuracies, there, atol=0.08)
    x, y = layer(built, "boundary", "line truth")
    assert x @ [1, -1] == pytest.approx(0, abs=1e-9) or y == pytest.approx([0, 0], abs=1e-9)
