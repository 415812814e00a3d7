"""Several perceptrons of one shape, trained together: every tensor has a row per member."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tui_lab.training.perceptron import numbered_parameters, require_room, starting_layers


class Population:
    """Multilayer perceptrons with ReLU, from nn.Linear's own start, each member from another.

    The first member starts from `generator`, the others from `others`, so that a population of one
    starts like the first of many.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        members: int,
        generator: torch.Generator,
        others: torch.Generator,
        device: torch.device,
    ) -> None:
        require_room(sizes, members, device)
        sources = [generator, *[others] * (members - 1)]
        starts = [starting_layers(sizes, "default", source) for source in sources]
        self.layers = [
            (
                torch.stack([W for W, _ in layer]).to(device).requires_grad_(),
                torch.stack([b for _, b in layer]).unsqueeze(1).to(device).requires_grad_(),
            )
            for layer in zip(*starts, strict=True)
        ]

    def parameters(self) -> dict[str, Tensor]:
        """`W1` (members, inputs, outputs), `b1` (members, 1, outputs), `W2`, …"""
        return numbered_parameters(self.layers)

    def logits(
        self,
        X: Tensor,
        *,
        dropout: float = 0.0,
        dropconnect: float = 0.0,
        chance: torch.Generator | None = None,
    ) -> Tensor:
        """(members, n, classes) for `X` (members, n, inputs), or (n, inputs) for all alike.

        `dropout` zeroes hidden units, `dropconnect` weights (one draw for the whole batch), each
        with that probability; what is left is scaled up to the same mean.
        """
        X = X.expand(self.layers[0][0].shape[0], -1, -1)
        *hidden, (W_last, b_last) = self.layers
        for W, b in hidden:
            W = thinned(W, dropconnect, chance)
            X = thinned(torch.relu(torch.baddbmm(b, X, W)), dropout, chance)
        return torch.baddbmm(b_last, X, thinned(W_last, dropconnect, chance))


def thinned(values: Tensor, p: float, chance: torch.Generator | None) -> Tensor:
    """Each value 0 with probability `p`, else divided by 1 − p; `p` 0 leaves all as they are."""
    if p == 0:
        return values
    drawn = torch.rand(values.shape, generator=chance, device=values.device)
    return values * (drawn >= p) / (1 - p)
