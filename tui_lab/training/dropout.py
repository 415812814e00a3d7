"""Dropout written out, as the book does before it uses `nn.Dropout`."""

from __future__ import annotations

import torch
from torch import Tensor


def dropout(X: Tensor, p: float, generator: torch.Generator | None = None) -> Tensor:
    """Each element 0 with probability `p`, else divided by 1 − p, so that the mean stays.

    With p = 0 it is `X` itself, and no random number is spent. With p = 1 all are 0, and stay on
    the graph: a new tensor of zeros would have no gradient to give, not even 0.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p must be from 0 to 1, not {p}.")
    if p == 0:
        return X
    if p == 1:
        return X * 0
    mask = torch.rand(X.shape, generator=generator, device=X.device) < 1 - p
    return mask * X / (1 - p)
