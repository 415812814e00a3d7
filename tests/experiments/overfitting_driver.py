"""What tests of overfitting share: one model of a population in torch's layers, and its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from tui_lab.experiments.overfitting.program import Overfitting

Pair = tuple[torch.nn.Linear, torch.nn.Linear]


def twin(program: Overfitting, member: int = 0) -> Pair:
    """A model with one hidden layer, copied."""
    layers = [torch.nn.Linear(W.shape[1], W.shape[2]) for W, _ in program.layers]
    with torch.no_grad():
        for layer, (W, b) in zip(layers, program.layers, strict=True):
            layer.weight.copy_(W[member].T)
            layer.bias.copy_(b[member, 0])
    first, last = layers
    return first, last


def train_beside(
    program: Overfitting,
    pair: Pair,
    decay: float = 0.0,
    counted: torch.Tensor | None = None,
) -> None:
    """An epoch of both: the pair by cross_entropy, an example as often as `counted`, and by SGD
    with weight decay on its weights alone."""
    first, last = pair
    groups: list[dict[str, Any]] = [
        {"params": [first.weight, last.weight], "weight_decay": decay},
        {"params": [first.bias, last.bias]},
    ]
    sgd = torch.optim.SGD(groups, lr=program.hp.lr)
    counted = torch.ones(len(program._data.train)) if counted is None else counted
    for (rows,) in program.batches:
        list(program.step((rows,)))
        X, y = program._data.train.X[rows], program._data.train.y[rows]
        each = F.cross_entropy(last(torch.relu(first(X))), y, reduction="none")
        sgd.zero_grad()
        torch.autograd.backward((counted[rows] * each).mean())
        sgd.step()


def assert_same(program: Overfitting, pair: Pair, member: int = 0) -> None:
    """The model and the pair have the same parameters, but for rounding."""
    for layer, (W, b) in zip(pair, program.layers, strict=True):
        np.testing.assert_allclose(W[member].detach().T, layer.weight.detach(), atol=1e-6)
        np.testing.assert_allclose(b[member, 0].detach(), layer.bias.detach(), atol=1e-6)
