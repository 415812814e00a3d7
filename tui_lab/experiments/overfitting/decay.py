"""What weight decay acts on, and its penalty."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tui_lab.training.perceptron import Layer


def decaying(layers: Sequence[Layer], which: str) -> list[Tensor]:
    """The parameters that decay: the weights of all layers, of the first or of the last, or
    everything."""
    match which:
        case "every-layer":
            return [W for W, _ in layers]
        case "first-layer":
            return [layers[0][0]]
        case "last-layer":
            return [layers[-1][0]]
        case "every-layer-and-biases":
            return [parameter for layer in layers for parameter in layer]
    raise ValueError(f"Nothing that decays is called {which!r}.")


def squares(parameters: Sequence[Tensor]) -> Tensor:
    """‖·‖²/2 of each member's parameters together (members,); its gradient is they themselves."""
    return torch.stack([p.pow(2).flatten(1).sum(1) for p in parameters]).sum(0) / 2
