"""Protects the pictures of linear regression: each shows the numbers that its title promises."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch

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


def data_iter(batch_size: int, examples: int, order: torch.Generator | None) -> Iterator[list[int]]:
    """The notes' own generator, on the examples' numbers."""
    indices = list(range(examples))
    if order is not None:
        indices = torch.randperm(examples, generator=order).tolist()
    for i in range(0, examples, batch_size):
        yield indices[i : min(i + batch_size, examples)]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(("examples", "size"), [(23, 10), (20, 10), (95, 10), (9, 10), (64, 9)])
def test_mini_batches_are_what_the_notes_generator_yields(
    examples: int, size: int, shuffle: bool
) -> None:
    program = build(NAME, 2, examples=examples, batch_size=size, shuffle=shuffle)
    order = torch.Generator()
    order.set_state(program.generator.get_state())
    rows = program.start_pictures()["mini-batches"]["table"]["rows"]
    for epoch in (1, 2):
        batches = list(data_iter(size, examples, order if shuffle else None))
        calls = [row[1:] for row in rows if row[0] == epoch]
        assert calls[0] == ["iter()", "", "", examples, "no order yet"]
        assert calls[-1] == ["next()", "", "", examples, "StopIteration"]
        shown = [call for call in calls[1:-1] if call[0] != "…"]
        assert [call[1] for call in shown] == sorted(
            {*range(1, min(len(batches), 6) + 1), len(batches)}
        )
        for _, number, length, left, listed in shown:
            assert listed == " ".join(map(str, batches[number - 1]))
            assert length == len(batches[number - 1])
            assert left == examples - sum(map(len, batches[:number]))
        assert (["…", "", "", "", ""] in calls) == (len(batches) > 7)
    assert torch.equal(order.get_state(), program.generator.get_state()) == (not shuffle)


def test_training_takes_the_mini_batches_listed() -> None:
    """Of both epochs, in their order, the short last ones too."""
    training = train(NAME, 1, examples=23, epochs=2)
    X, _ = data(training.program)
    rows = build(NAME, 1, examples=23, epochs=2).start_pictures()["mini-batches"]["table"]["rows"]
    listed = [row for row in rows if row[1] == "next()" and row[2]]
    assert [row[3] for row in listed] == [10, 10, 3] * 2
    assert listed[0][5] != listed[3][5]
    for row, (features, _) in zip(listed, training.batches, strict=True):
        np.testing.assert_array_equal(features, X[list(map(int, row[5].split()))])


def test_long_batches_and_single_epochs_are_listed_in_part() -> None:
    program = build(NAME, examples=1000, batch_size=64, epochs=1)
    rows = program.start_pictures()["mini-batches"]["table"]["rows"]
    assert {row[0] for row in rows} == {1}
    assert rows[1][5].endswith(" …")
    assert len(rows[1][5].split()) == 11
    assert rows[-2][2:5] == [16, 40, 0]


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
