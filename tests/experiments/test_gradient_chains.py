"""Protects the chains and products of gradient flow: closed forms, numpy, and the theory of random
matrices, however far the numbers overflow; its task, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from tests.experiments.driver import build, evaluate
from tui_lab.errors import HyperparameterError
from tui_lab.experiments.gradient_flow import EXPERIMENT
from tui_lab.experiments.gradient_flow.chains import (
    growth_rate,
    linear_chain,
    random_products,
    sigmoid_chain,
)


@pytest.mark.parametrize("layers", [1, 2, 30, 100])
def test_the_sigmoid_chain_is_the_product_of_its_slopes(layers: int) -> None:
    x, derivative, largest = 1.0, 1.0, 0.0
    for _ in range(layers):
        x = 1 / (1 + math.exp(-x))
        derivative *= x * (1 - x)
        largest = max(largest, x * (1 - x))
    chain = sigmoid_chain(layers)
    assert chain.values[-1].item() == pytest.approx(x, rel=1e-14)
    assert chain.by_autograd[-1].item() == pytest.approx(derivative, rel=1e-12)
    assert chain.by_product[-1].item() == pytest.approx(derivative, rel=1e-12)
    assert largest <= 0.25


@pytest.mark.parametrize(("factor", "expected"), [(0.2, 1.073741824e-21), (5.0, 5.0**30), (0, 0)])
def test_the_linear_chain_is_a_power(factor: float, expected: float) -> None:
    """.2³⁰ ≈ 1e-21 and 5³⁰ ≈ 9e20, as in the notes."""
    chain = linear_chain(30, factor)
    assert chain.by_autograd[-1].item() == pytest.approx(expected, rel=1e-13)
    assert chain.by_product[-1].item() == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("size", [1, 2, 4, 7])
def test_the_growth_rate_is_the_mean_of_a_log_chi_square(size: int) -> None:
    """By simulation in numpy, and for d = 2 and 4 in closed form (ψ(1) = −γ, ψ(2) = 1 − γ)."""
    draws = np.random.default_rng(0).chisquare(size, 400_000)
    logs = np.log(draws) / 2 + math.log(1.5)
    error = logs.std() / math.sqrt(len(logs))
    assert growth_rate(size, 1.5) == pytest.approx(logs.mean(), abs=5 * error)
    if size in (2, 4):
        psi = (0 if size == 2 else 1) - np.euler_gamma
        assert growth_rate(size, 1.0) == pytest.approx((math.log(2) + psi) / 2, rel=1e-12)


@pytest.mark.parametrize(("size", "sigma"), [(4, 1.0), (2, 3.0), (6, 0.2)])
def test_products_grow_as_theory_says(size: int, sigma: float) -> None:
    products = random_products(80, size, sigma, 150, torch.Generator().manual_seed(1))
    spread = products.growth.std().item() / math.sqrt(150)
    assert products.growth.mean().item() == pytest.approx(products.theory, abs=4 * spread)


def test_products_are_those_of_numpy() -> None:
    drawn = 2 * torch.randn(
        (3, 6, 4, 4), generator=torch.Generator().manual_seed(7), dtype=torch.float64
    )
    products = random_products(6, 4, 2.0, 3, torch.Generator().manual_seed(7))
    expected = [np.linalg.multi_dot(list(M.numpy()[::-1])) for M in drawn]
    np.testing.assert_allclose(products.last, expected[0], rtol=1e-10)
    growth = [math.log(np.linalg.norm(P[:, 0])) / 6 for P in expected]
    np.testing.assert_allclose(products.growth, growth, rtol=1e-10)
    assert products.largest[-1].item() == pytest.approx(abs(expected[0]).max())
    assert products.norms32[-1].item() == pytest.approx(np.linalg.norm(expected[0]), rel=1e-5)


def test_the_float32_norm_overflows_though_all_entries_are_finite() -> None:
    """Point 20."""
    found = evaluate(build("gradient-flow", depth=1, examples=10, repeats=50))
    assert found["product/norm_float32"] == math.inf
    assert found["overflow/norm_float32"] > 0.95
    assert found["overflow/entries_float32"] < 0.05
    assert 1e18 < found["product/largest"] < 1e32


def test_the_growth_is_measured_however_far_the_product_overflows() -> None:
    values = {"matrices": 300, "size": 10, "sigma": 10, "repeats": 20}
    found = evaluate(build("gradient-flow", depth=1, examples=10, **values))
    assert not math.isfinite(found["product/largest"])
    assert found["overflow/entries_float32"] == 1
    assert found["growth/measured"] == pytest.approx(found["growth/theory"], rel=0.01)


def test_the_chains_are_drawn_layer_by_layer() -> None:
    layers = build("gradient-flow", depth=1, examples=10, chain=7).start_pictures()["chains"]
    assert layers["line w·(w·(…))"]["y"] == pytest.approx([0.2**n for n in range(1, 8)])
    assert layers["points wⁿ"]["y"] == pytest.approx([0.2**n for n in range(1, 8)])
    assert layers["line σ(σ(…))"]["y"] == pytest.approx(layers["points product of σ′"]["y"])


def test_the_task_is_balanced_enough_and_split_in_two() -> None:
    program = build("gradient-flow", depth=1, examples=2000)
    X, y = program.batches.tensors
    assert X.shape == (2000, 20)
    counts = torch.bincount(y, minlength=10) / 2000
    assert 0.02 < counts.min() <= counts.max() < 0.3
    measured = evaluate(program)
    assert measured["train/loss"] != measured["test/loss"]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"depth": 50, "width": 1024}, "depth"),
        ({"depth": 0}, "depth"),
        ({"activation": "identity"}, "activation"),
        ({"sigma": 0}, "sigma"),
        ({"repeats": 10_000}, "repeats"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], name: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        EXPERIMENT.choose(values)
    assert refused.value.name == name
