"""Activation functions as torch has them, and their closed forms in float64."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional

Function = Callable[[Tensor], Tensor]

_ROOT = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


@dataclass(frozen=True)
class Activation:
    """One activation function."""

    torch: Function
    """What a network would call; autograd differentiates it."""
    function: Function
    """The closed form."""
    derivative: Function
    """The derivative of the closed form, worked out by hand."""
    formula: str
    """The derivative in words a terminal can show."""


def activations(slope: float, alpha: float) -> Mapping[str, Activation]:
    """Every activation by name; `slope` is the leaky ReLU's, `alpha` ELU's."""
    return MappingProxyType({**_FIXED, "leaky-relu": _leaky_relu(slope), "elu": _elu(alpha)})


def _leaky_relu(slope: float) -> Activation:
    return Activation(
        lambda x: functional.leaky_relu(x, slope),
        lambda x: torch.where(x > 0, x, slope * x),
        lambda x: torch.where(x > 0, torch.ones_like(x), torch.full_like(x, slope)),
        f"1 where x > 0, else {slope:g}",
    )


def _elu(alpha: float) -> Activation:
    return Activation(
        lambda x: functional.elu(x, alpha),
        lambda x: torch.where(x > 0, x, alpha * torch.expm1(x)),
        lambda x: torch.where(x > 0, 1.0, alpha * torch.exp(x)),
        f"1 where x > 0, else {alpha:g}·eˣ",
    )


def _sigma(x: Tensor) -> Tensor:
    """1 / (1 + e⁻ˣ), by the exponential that can't overflow."""
    small = torch.exp(-x.abs())
    return torch.where(x >= 0, 1 / (1 + small), small / (1 + small))


def _sigma_derivative(x: Tensor) -> Tensor:
    small = torch.exp(-x.abs())
    return small / (1 + small) ** 2


def _tanh(x: Tensor) -> Tensor:
    small = torch.expm1(-2 * x.abs())
    return torch.sign(x) * -small / (2 + small)


def _tanh_derivative(x: Tensor) -> Tensor:
    return 4 * _sigma_derivative(2 * x)


def _normal_cdf(x: Tensor) -> Tensor:
    tail: Tensor = torch.special.erfc(-x / math.sqrt(2))
    return tail / 2


def _gelu_derivative(x: Tensor) -> Tensor:
    density = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return _normal_cdf(x) + x * density


def _inner(x: Tensor) -> Tensor:
    """What stands in the tanh of the approximate GELU, doubled: tanh(u) = 2σ(2u) − 1."""
    return 2 * _ROOT * (x + _CUBIC * x**3)


def _gelu_tanh_derivative(x: Tensor) -> Tensor:
    slope = 2 * _ROOT * (1 + 3 * _CUBIC * x**2)
    return _sigma(_inner(x)) + x * _sigma_derivative(_inner(x)) * slope


def _silu_derivative(x: Tensor) -> Tensor:
    return _sigma(x) + x * _sigma_derivative(x)


def _softplus(x: Tensor) -> Tensor:
    return x.clamp_min(0) + torch.log1p(torch.exp(-x.abs()))


_FIXED: Mapping[str, Activation] = {
    "relu": Activation(
        torch.relu,
        lambda x: x.clamp_min(0),
        lambda x: (x > 0).to(x.dtype),
        "1 where x > 0, else 0",
    ),
    "sigmoid": Activation(torch.sigmoid, _sigma, _sigma_derivative, "σ(x)·(1 − σ(x))"),
    "tanh": Activation(torch.tanh, _tanh, _tanh_derivative, "1 − tanh²(x)"),
    "leaky-relu": _leaky_relu(0.01),
    "elu": _elu(1.0),
    "gelu": Activation(
        functional.gelu, lambda x: x * _normal_cdf(x), _gelu_derivative, "Φ(x) + x·φ(x)"
    ),
    "gelu-tanh": Activation(
        lambda x: functional.gelu(x, approximate="tanh"),
        lambda x: x * _sigma(_inner(x)),
        _gelu_tanh_derivative,
        "σ(v) + x·σ′(v)·v′, v = 2√(2/π)·(x + 0.044715·x³)",
    ),
    "silu": Activation(
        functional.silu, lambda x: x * _sigma(x), _silu_derivative, "σ(x) + x·σ′(x)"
    ),
    "softplus": Activation(functional.softplus, _softplus, _sigma, "σ(x)"),
}
