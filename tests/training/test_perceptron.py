"""Protects the parts of a perceptron: activations, starting parameters, the cross-entropy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.experiments.classifier_driver import choices, softmax
from tui_lab.experiments.mlp import EXPERIMENT
from tui_lab.training.classification import confusion_matrix, cross_entropy
from tui_lab.training.perceptron import ACTIVATIONS, MODULES, starting_layers


def test_activations_are_all_offered_and_different() -> None:
    assert list(ACTIVATIONS) == list(MODULES) == list(choices(EXPERIMENT, "activation"))
    x = torch.linspace(-3, 3, 13)
    values = [f(x) for f in ACTIVATIONS.values()]
    for f, module in zip(ACTIVATIONS.values(), MODULES.values(), strict=True):
        assert torch.equal(f(x), module()(x))
    assert len({tuple(v.tolist()) for v in values}) == len(values)


def test_the_cross_entropy_is_pytorchs_and_has_the_softmax_inside() -> None:
    logits = torch.randn(20, 10, generator=torch.Generator().manual_seed(0)) * 30
    y = torch.arange(20) % 10
    expected = nn.functional.cross_entropy(logits, y, reduction="none")
    torch.testing.assert_close(cross_entropy(logits, y), expected)
    huge = torch.tensor([[1000.0, 0.0]])
    assert cross_entropy(huge, torch.tensor([1])).item() == 1000
    p = softmax(logits.double().numpy())[np.arange(20), y.numpy()]
    np.testing.assert_allclose(cross_entropy(logits, y).numpy(), -np.log(p), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("init", "spread", "bias_spread"),
    [
        ("normal", 0.01, 0.01),
        ("default", 1 / np.sqrt(784) / np.sqrt(3), 1 / np.sqrt(784) / np.sqrt(3)),
        ("xavier", np.sqrt(2 / (784 + 500)), 0.0),
        ("he", np.sqrt(2 / 784), 0.0),
        ("constant", 0.0, 0.0),
    ],
)
def test_starts_have_the_spread_of_their_formula(
    init: str, spread: float, bias_spread: float
) -> None:
    (layer,) = starting_layers((784, 500), init, torch.Generator().manual_seed(1))
    W, b = layer
    assert W.std().item() == pytest.approx(spread, rel=0.01)
    assert b.std().item() == pytest.approx(bias_spread, rel=0.15)
    assert W.mean().item() == pytest.approx(0.01 if init == "constant" else 0, abs=3e-4)
    if init in ("default", "xavier"):
        assert W.abs().max().item() == pytest.approx(spread * np.sqrt(3), rel=0.01)


def test_confusion_counts_rows_true_columns_predicted() -> None:
    y, predicted = torch.tensor([0, 0, 1, 2]), torch.tensor([0, 2, 1, 0])
    assert confusion_matrix(y, predicted, 3).tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 0]]
