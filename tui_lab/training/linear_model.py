"""The linear model, its synthetic data and its parameters, from one generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def linreg(X: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The linear regression model: Xw + b."""
    return torch.matmul(X, w) + b


def normal(
    shape: tuple[int, ...], sd: float, generator: torch.Generator, dtype: torch.dtype
) -> Tensor:
    """Draws from N(0, sd²), on the CPU.

    Drawn in float64 and then rounded, so that the same seed gives the same numbers, as far as
    they go, for every dtype and every sd.
    """
    return (torch.randn(shape, generator=generator, dtype=torch.float64) * sd).to(dtype)


def synthetic_data(
    w: Tensor, b: float, examples: int, noise: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Features X ~ N(0, 1) and labels y = Xw + b + N(0, noise²) of shape (examples, 1).

    Made on the CPU in the dtype of `w` (n,), so that every device trains on the same numbers.
    """
    X = normal((examples, len(w)), 1.0, generator, w.dtype)
    y = torch.matmul(X, w) + b
    y += normal((examples,), noise, generator, w.dtype)
    return X, y.reshape((-1, 1))


def linear_layer(w: Tensor, b: Tensor) -> nn.Linear:
    """PyTorch's own linear model, starting from the weights `w` (n, 1) and the bias `b` (1,)."""
    layer = nn.Linear(len(w), 1, dtype=w.dtype, device=w.device)
    with torch.no_grad():
        layer.weight.copy_(w.T)
        layer.bias.copy_(b)
    return layer
