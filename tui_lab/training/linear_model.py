"""The linear model, its synthetic data and its parameters, from one generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def linreg(X: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The linear regression model: Xw + b."""
    return torch.matmul(X, w) + b


def normal(shape: tuple[int, ...], sd: float, generator: torch.Generator, like: Tensor) -> Tensor:
    """Draws from N(0, sd²), with the dtype and device of `like`.

    Drawn in float64 on the CPU whatever the target, so that the same seed gives the same numbers
    (rounded, where need be) for every dtype, device and sd.
    """
    drawn = torch.randn(shape, generator=generator, dtype=torch.float64) * sd
    return drawn.to(like)


def synthetic_data(
    w: Tensor, b: float, examples: int, noise: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Features X ~ N(0, 1) and labels y = Xw + b + N(0, noise²) of shape (examples, 1)."""
    X = normal((examples, len(w)), 1.0, generator, like=w)
    y = torch.matmul(X, w.reshape(-1)) + b
    y += normal((examples,), noise, generator, like=w)
    return X, y.reshape((-1, 1))


def linear_layer(w: Tensor, b: Tensor) -> nn.Linear:
    """PyTorch's own linear model, starting from the weights `w` (n, 1) and the bias `b` (1,)."""
    layer = nn.Linear(len(w), 1, dtype=w.dtype, device=w.device)
    with torch.no_grad():
        layer.weight.copy_(w.T)
        layer.bias.copy_(b)
    return layer
