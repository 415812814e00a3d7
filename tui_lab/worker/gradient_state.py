"""The state of one gradient, and of the move it led to, from what was read of a parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeGuard

import torch
from torch import Tensor
from torch.amp.grad_scaler import OptState

from tui_lab.training.program import Program
from tui_lab.worker.readings import Readings, norm

_READY = OptState.READY


def gradient(parameter: Tensor) -> Tensor | None:
    """Its `.grad`; one that is computed from others has none of its own, and asking would warn."""
    return parameter.grad if parameter.is_leaf or parameter.retains_grad else None


def norm_of(program: Program) -> Callable[[Tensor], Tensor]:
    """What measures the program's gradients as they stand: without the factor by which a scaler
    (AMP) multiplied the loss, as long as that is in them."""
    scalers = (v for v in vars(program).values() if isinstance(v, torch.amp.GradScaler))
    scaler = next((each for each in scalers if each.is_enabled()), None)
    if scaler is None or any(s["stage"] is not _READY for s in _states(scaler)):
        return norm
    scale = scaler.get_scale()
    return lambda gradient: norm(gradient) / scale


def _states(scaler: torch.amp.GradScaler) -> Iterable[dict[str, Any]]:
    """What it knows of each optimizer whose gradients it has unscaled or applied."""
    states: Iterable[dict[str, Any]] = scaler._per_optimizer_states.values()
    return states


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
