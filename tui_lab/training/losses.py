"""Losses and penalties written out, as the book does before it uses PyTorch's own."""

from __future__ import annotations

import torch
from torch import Tensor


def squared_loss(y_hat: Tensor, y: Tensor) -> Tensor:
    """Half the squared error of each example: (ŷ − y)² / 2.

    `y` takes the shape of `y_hat`: without that, (n,) against (n, 1) would silently compare every
    prediction with every label.
    """
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def squared_error(y_hat: Tensor, y: Tensor) -> Tensor:
    """The squared error of each example without the half: (ŷ − y)²; its mean is the MSE."""
    return (y_hat - y.reshape(y_hat.shape)) ** 2


def l2_penalty(w: Tensor) -> Tensor:
    """‖w‖² / 2, whose gradient is w."""
    return torch.sum(w.pow(2)) / 2
