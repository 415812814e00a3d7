"""How much likelier an input is in the target than in the training data, from a classifier."""

from __future__ import annotations

import torch
from torch import Tensor

from tui_lab.experiments.distribution_shift.regression import logistic_regression

PENALTY = 1e-10
"""λ of λ‖w‖²/2 beside the mean loss: keeps h finite where the domains can be separated, and is far
below what the inputs say elsewhere."""


def importance_weights(train: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """β = exp(h)·n_train/n_target for the features of the training inputs, and the w of h = x·w.

    A logistic regression tells target (1) from training inputs (0): exp(h) is the ratio of the
    densities times the ratio of the counts, so that the latter has to be taken out again.
    """
    X = torch.cat((train, target))
    y = torch.cat((torch.zeros(len(train)), torch.ones(len(target)))).to(X.dtype)
    w = logistic_regression(X, y, PENALTY)
    return weights_at(train, w, len(train), len(target)), w


def weights_at(features: Tensor, w: Tensor, n_train: int, n_target: int) -> Tensor:
    """β at any inputs, given the w of h."""
    return (features @ w).exp() * (n_train / n_target)


def domain_accuracy(train: Tensor, target: Tensor, w: Tensor) -> float:
    """How often the classifier knows where an input is from."""
    right = ((train @ w) < 0).sum() + ((target @ w) >= 0).sum()
    return float(right) / (len(train) + len(target))
