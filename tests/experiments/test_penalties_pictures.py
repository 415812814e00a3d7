"""Protects the pictures of the penalties: weights, shrinkage, unit balls, the Frobenius norm."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.experiments.driver import build, set_hyperparameter, train
from tui_lab.experiments.penalties import EXPERIMENT
from tui_lab.experiments.penalties.frobenius import FrobeniusNorm

NAME = "penalties"


def test_pictures_are_declared_and_json() -> None:
    program = build(NAME)
    shown = {**program.start_pictures(), **program.pictures()}
    assert set(shown) <= {picture.title for picture in EXPERIMENT.pictures}
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown


def test_the_weights_stand_beside_the_true_ones() -> None:
    training = train(NAME, epochs=3, inputs=500)
    bars = training.program.pictures()["weights"]["bars"]
    np.testing.assert_array_equal(bars["values"], training.parameter("w")[:400])
    assert np.flatnonzero(bars["reference"]).tolist() == [50, 150, 250, 350]


@pytest.mark.parametrize(("lr", "strength"), [(0.1, 0.1), (0.5, 2.0)])
def test_ten_steps_shrink_each_weight_as_their_method_does(lr: float, strength: float) -> None:
    program = build(NAME)
    set_hyperparameter(program, "lr", lr)
    set_hyperparameter(program, "strength", strength)
    layers = program.pictures()["ten steps on one weight"]
    x, t = np.array(layers["line no penalty"]["x"]), lr * strength
    after = {name.removeprefix("line "): np.array(data["y"]) for name, data in layers.items()}
    np.testing.assert_allclose(after["no penalty"], x)
    np.testing.assert_allclose(after["L2"], (1 - t) ** 10 * x, atol=1e-12)
    expected = np.sign(x) * np.maximum(abs(x) - 10 * t, 0)
    np.testing.assert_allclose(after["L1-proximal"], expected, atol=1e-12)
    far = abs(x) > 10 * t
    np.testing.assert_allclose(after["L1"][far], expected[far], atol=1e-12)
    assert abs(after["L1"][~far]).max() <= t * (1 + 1e-9)


def test_without_a_penalty_nothing_shrinks() -> None:
    layers = build(NAME, strength=0).pictures()["ten steps on one weight"]
    assert all(data["x"] == data["y"] for data in layers.values())


def test_unit_balls_have_norm_1() -> None:
    balls = build(NAME).start_pictures()["unit balls"]
    orders = {"line L1": 1, "line L2 (Frobenius)": 2, "line L∞": np.inf}
    assert list(balls) == list(orders)
    for name, order in orders.items():
        points = np.column_stack((balls[name]["x"], balls[name]["y"]))
        np.testing.assert_allclose(np.linalg.norm(points, order, axis=1), 1, atol=1e-12)
        assert len(points) <= 500
        corners = [(1, 1)] if order == np.inf else [(1, 0), (0, -1)]
        for corner in corners:
            assert abs(points - corner).sum(axis=1).min() < 1e-9


@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (4, 3), (100, 100), (1, 50)])
def test_the_three_routes_to_the_frobenius_norm_agree(shape: tuple[int, int]) -> None:
    norm = FrobeniusNorm(*shape, 3)
    expected = np.linalg.norm(norm.matrix.numpy(), "fro")
    assert norm.matrix.shape == shape
    assert list(norm.routes.values()) == pytest.approx([expected] * 3, rel=1e-13)
    assert norm.largest_difference < 1e-12 * expected
    rows = norm.picture()["table"]["rows"]
    assert [row[1] for row in rows] == [*norm.routes.values(), *norm.others.values()]
    assert all(row[2] == row[1] - rows[0][1] for row in rows)
    square, spectral, nuclear = norm.others.values()
    assert square == pytest.approx(expected**2)
    assert spectral == pytest.approx(np.linalg.norm(norm.matrix.numpy(), 2))
    assert nuclear == pytest.approx(np.linalg.norm(norm.matrix.numpy(), "nuc"))
