"""What a multilayer perceptron is made of: activations, starting parameters, optimizers by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tui_lab.training.linear_model import normal
from tui_lab.training.memory import require

Layer = tuple[Tensor, Tensor]
"""Weights (inputs, outputs) and biases (outputs,) of one linear layer."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "leaky-relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
}
MODULES: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "leaky-relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
}
OPTIMIZERS: dict[str, tuple[type[torch.optim.Optimizer], dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adagrad": (torch.optim.Adagrad, {}),
}
SMALL = 0.01
"""Standard deviation of the `normal` start, and every weight of the `constant` one."""


def require_room(sizes: Sequence[int], count: int, device: torch.device) -> None:
    """Raises `TooLarge` where so many networks don't fit: each weight, its gradient, and the two
    numbers that an optimizer may keep of it."""
    numbers = count * sum(m * n for m, n in pairwise(sizes))
    require(4 * numbers, torch.device("cpu"), "hidden")  # they are drawn there
    require(16 * numbers, device, "hidden")


def starting_layers(sizes: Sequence[int], init: str, generator: torch.Generator) -> list[Layer]:
    """Parameters of the layers between `sizes`, drawn on the CPU, so that every implementation and
    every device starts from the same numbers."""
    return [_layer(init, m, n, generator) for m, n in pairwise(sizes)]


def linear(layer: Layer) -> nn.Linear:
    """PyTorch's own layer with these parameters (it keeps its weights transposed)."""
    W, b = layer
    inputs, outputs = W.shape
    made = nn.Linear(inputs, outputs, device=W.device)
    with torch.no_grad():
        made.weight.copy_(W.T)
        made.bias.copy_(b)
    return made


def numbered_parameters(layers: Iterable[Layer]) -> dict[str, Tensor]:
    """`W1`, `b1`, `W2`, …: the parameters of the layers by name."""
    return {
        f"{letter}{number}": parameter
        for number, layer in enumerate(layers, start=1)
        for letter, parameter in zip("Wb", layer, strict=True)
    }


def make_optimizer(name: str, parameters: Iterable[Tensor], lr: float) -> torch.optim.Optimizer:
    """The optimizer of that name from torch.optim, all else at its defaults (momentum 0.9)."""
    kind, options = OPTIMIZERS[name]
    made: torch.optim.Optimizer = kind(parameters, lr=lr, **options)  # type: ignore[call-arg]
    return made


def _layer(init: str, inputs: int, outputs: int, generator: torch.Generator) -> Layer:
    shape, zeros = (inputs, outputs), torch.zeros(outputs)
    match init:
        case "normal":
            W = normal(shape, SMALL, generator, torch.float32)
            return W, normal((outputs,), SMALL, generator, torch.float32)
        case "default":
            W = _uniform(shape, 1 / math.sqrt(inputs), generator)
            return W, _uniform((outputs,), 1 / math.sqrt(inputs), generator)
        case "xavier":
            return _uniform(shape, math.sqrt(6 / (inputs + outputs)), generator), zeros
        case "he":
            return normal(shape, math.sqrt(2 / inputs), generator, torch.float32), zeros
        case "constant":
            return torch.full(shape, SMALL), zeros
    raise ValueError(f"There is no start called {init!r}.")


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> Tensor:
    """Draws from U(−bound, bound), on the CPU."""
    drawn = torch.rand(shape, generator=generator, dtype=torch.float64)
    return ((2 * drawn - 1) * bound).float()
