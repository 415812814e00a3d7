"""Protects the pictures of linear regression: each shows the numbers that its title promises."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.experiments.driver import build, data, train
from tui_lab.experiments.linear_regression import EXPERIMENT

NAME = "linear-regression"


def test_pictures_are_declared_and_json() -> None:
    program = train(NAME, epochs=1).program
    shown = {**program.start_pictures(), **program.pictures()}
    assert set(shown) <= {picture.title for picture in EXPERIMENT.pictures}
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown


def test_the_fit_shows_every_feature_with_its_line() -> None:
    training = train(NAME, true_w="2,-3.4,1", examples=800)
    X, y = data(training.program)
    points = training.program.start_pictures()["fit"]
    lines = training.program.pictures()["fit"]
    w, b = training.parameter("w"), training.parameter("b")[0]
    assert list(points) == ["points/x₁", "points/x₂", "points/x₃"]
    assert list(lines) == ["line/x₁", "line/x₂", "line/x₃"]
    for j, layer in enumerate(points.values()):
        np.testing.assert_array_equal(layer["x"], X[:500, j])
        np.testing.assert_array_equal(layer["y"], y[:500])
    for j, layer in enumerate(lines.values()):
        ends = np.tile(X.mean(0), (2, 1))
        ends[:, j] = [X[:, j].min(), X[:, j].max()]
        np.testing.assert_allclose(layer["x"], ends[:, j])
        np.testing.assert_allclose(layer["y"], ends @ w + b, rtol=1e-4)


@pytest.mark.parametrize(("implementation", "half"), [("scratch", 0.5), ("concise", 1.0)])
def test_contours_are_the_loss(implementation: str, half: float) -> None:
    program = build(NAME, implementation=implementation, true_w="2,-3.4,1")
    X, y = data(program)
    pictures = program.start_pictures()
    for title, pair in {"path of (w₁, w₂)": (0, 1), "path of (w₁, b)": (0, 3)}.items():
        field = pictures[title]["field"]
        for row, column in ((0, 0), (7, 30), (40, 40)):
            p = np.array([2, -3.4, 1, 4.2])
            p[list(pair)] = field["x"][column], field["y"][row]
            loss = half * np.mean((X @ p[:3] + p[3] - y) ** 2)
            assert field["z"][row][column] == pytest.approx(loss, rel=1e-4)
        true = pictures[title]["points/true"]
        assert field["x"][0] < true["x"][0] < field["x"][-1]
        assert field["y"][0] < true["y"][0] < field["y"][-1]


def test_one_weight_has_a_path_with_the_bias_alone() -> None:
    assert "path of (w₁, w₂)" not in build(NAME, true_w="2").start_pictures()
    assert "path of (w₁, b)" in build(NAME, true_w="2").start_pictures()


def test_the_first_batch_is_shown_as_the_first_step_sees_it() -> None:
    training = train(NAME, 4, epochs=1)
    table = build(NAME, 4).start_pictures()["first batch"]["table"]
    X, y = training.batches[0]
    assert table["columns"] == ["x₁", "x₂", "y"]
    np.testing.assert_array_equal(table["rows"], np.column_stack((X, y)))


def test_errors_are_true_minus_learned() -> None:
    training = train(NAME, lr=0.001)
    shown = training.program.pictures()
    w, b = training.parameter("w"), training.parameter("b")[0]
    bars = shown["errors"]["bars"]
    assert bars["labels"] == ["w₁", "w₂", "b"]
    np.testing.assert_allclose(bars["values"], [2 - w[0], -3.4 - w[1], 4.2 - b], atol=1e-6)
    for name, true, learned, error in shown["true and learned"]["table"]["rows"]:
        assert name in bars["labels"]
        assert error == pytest.approx(true - learned, abs=1e-6)
