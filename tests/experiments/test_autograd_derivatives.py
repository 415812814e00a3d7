"""Protects the cases about higher derivatives: against the calculus, and against differences of
what one order lower says."""

from __future__ import annotations

import math

import pytest

from tests.experiments.autograd_driver import OTHER, USUAL, demonstration, run, sight, table
from tui_lab.experiments.autograd.witness import Given

both = pytest.mark.parametrize("given", [USUAL, OTHER])


@both
def test_the_second_derivative_is_that_of_the_calculus(given: Given) -> None:
    assert sight("second_derivative", "first", given).number == pytest.approx(
        3 * given.x * given.w**2
    )
    assert sight("second_derivative", "second", given).number == pytest.approx(
        6 * given.x * given.w
    )


@both
def test_it_is_how_the_first_changes_with_w(given: Given) -> None:
    """A difference quotient knows nothing of a graph."""
    h = 1e-2
    low, high = (Given(given.x, given.w + s * h, given.lr, given.times) for s in (-1, 1))
    slopes = [sight("second_derivative", "first", g).number for g in (low, high)]
    quotient = (slopes[1] - slopes[0]) / (2 * h)
    assert sight("second_derivative", "second", given).number == pytest.approx(quotient, rel=1e-3)


@both
def test_derivatives_of_a_sine_turn_by_a_quarter(given: Given) -> None:
    shown = [s.number for s in run("higher_derivatives", given=given).see.sights[2:]]
    expected = [
        given.x**n * math.sin(given.w * given.x + n * math.pi / 2)
        for n in range(1, given.times + 1)
    ]
    assert shown == pytest.approx(expected, rel=1e-4)


def test_only_create_graph_records_a_gradient() -> None:
    recorded, plain = (sight(c, "first") for c in ("second_derivative", "no_create_graph"))
    assert (recorded.requires_grad, plain.requires_grad) == (True, False)
    assert (recorded.number, plain.number, plain.grad_fn) == (6, 6, "None")
    assert not sight("second_derivative", "second").requires_grad
    assert run("second_derivative").see.last("w").grad == "None"  # type: ignore[union-attr]


@both
def test_a_loss_made_of_a_gradient_has_one_of_its_own(given: Given) -> None:
    expected = 3 * given.x * given.w**2 * 6 * given.x * given.w
    assert sight("gradient_penalty", "w", given).grad_number == pytest.approx(expected)


def test_the_tree_of_such_a_loss_goes_through_the_derivative() -> None:
    rows = [row[0].strip() for row in table("graph of the loss", case="gradient_penalty")]
    assert rows[:2] == ["DivBackward0", "PowBackward0"]
    assert "AccumulateGrad" in rows
    assert demonstration(case="gradient_penalty")[1]["graph/leaves"] == 1
