"""Stacking: what each model has to say is learned from data that none of them was trained on."""

from __future__ import annotations

import torch
from torch import Tensor

_ROUNDS = 100
"""Rounds after which the weights stand still for all there is to see."""


def mixture(members: Tensor, y: Tensor) -> Tensor:
    """Weights w ≥ 0 with Σw = 1 under which the labels are likeliest, Σ ln Σ w·p(y) largest.

    By expectation maximization from equal weights; `members` are log-probabilities
    (models, n, classes).
    """
    said = members.gather(2, y.expand(len(members), -1).unsqueeze(2)).squeeze(2)
    weights = torch.full_like(said[:, 0], 1 / len(said))
    for _ in range(_ROUNDS):
        weights = torch.softmax(said + weights.log().unsqueeze(1), dim=0).mean(1)
    return weights
