"""The L1 penalty and its proximal step, beside the L2 penalty of `losses`."""

from __future__ import annotations

import torch
from torch import Tensor


def l1_penalty(w: Tensor) -> Tensor:
    """‖w‖₁, the sum of sizes; its gradient is sign(w), with sign(0) = 0."""
    return torch.sum(w.abs())


def soft_threshold(w: Tensor, t: float | Tensor) -> Tensor:
    """The proximal step of t‖·‖₁: every entry comes nearer to 0 by `t`, and stops there.

    It minimizes ‖v − w‖²/2 + t‖v‖₁ over v exactly, and so gives exact zeros. A NaN stays one.
    """
    shrunk: Tensor = w.sign() * (w.abs() - t).clamp_min(0)
    return shrunk
