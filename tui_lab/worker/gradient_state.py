"""The state of one gradient, and of the move it led to, from what was read of a parameter."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TypeGuard

import torch
from torch import Tensor

from tui_lab.worker.readings import Readings


def gradient(parameter: Tensor) -> Tensor | None:
    """Its `.grad`; one that is computed from others has none of its own, and asking would warn."""
    return parameter.grad if parameter.is_leaf or parameter.retains_grad else None


def word(readings: Readings, when: str, name: str, without: Collection[str]) -> str:
    """`none`, `zeroed` or `set`; a gradient that can't be measured is there, so it counts as set.
    `without` are the parameters that had none."""
    if name in without:
        return "none"
    return "zeroed" if readings.get(when, name) == 0.0 else "set"


def nonfinite(parameter: Tensor) -> int:
    """How many numbers of it and of its gradient, as they are now, are NaN or infinite; it waits
    for the device, so it is for one that is known to have some. What torch can't look into has
    none that are known."""
    count = 0
    for tensor in filter(_is_plain, (parameter, gradient(parameter))):
        count += int((~torch.isfinite(tensor.detach())).sum())
    return count


def update(readings: Readings, name: str) -> float | None:
    """‖Δp‖/‖p‖; of a move away from exactly zero infinite, or 0 when nothing moved; None for one
    that was not measured."""
    moved, base = (readings.get(figure, name) for figure in ("moved", "base"))
    if moved is None or base is None:
        return None
    return moved / base if base else (math.inf if moved else 0.0)


def _is_plain(tensor: Tensor | None) -> TypeGuard[Tensor]:
    if type(tensor) not in (Tensor, torch.nn.Parameter):
        return False
    return tensor is not None and tensor.layout is torch.strided and not tensor.is_quantized
