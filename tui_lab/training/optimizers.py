"""Gradient descent written out, as the book does before it uses `torch.optim`."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def sgd(parameters: Iterable[Tensor], lr: float, batch_size: int) -> None:
    """One step of mini-batch stochastic gradient descent; gradients hold sums over the batch.

    A parameter without a gradient stays as it is.
    """
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr / batch_size * p.grad


def zero_grad(parameters: Iterable[Tensor]) -> None:
    """Set gradients back to zero in place; the next backward pass adds to what is there."""
    for p in parameters:
        if p.grad is not None:
            p.grad.zero_()
