"""What the units of a program do in a forward pass: how many of them are dead or saturated."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tui_lab.health import SATURATED_WITHIN
from tui_lab.training.program import Program
from tui_lab.worker.origin import modules
from tui_lab.worker.readings import Readings

_ENDS = {"sigmoid": (0.0, 1.0), "sigmoid_": (0.0, 1.0), "tanh": (-1.0, 1.0), "tanh_": (-1.0, 1.0)}
_RELUS = {"relu", "relu_"}
_FLOORS = {"clamp_min", "clamp_min_", "clamp", "clamp_", "clip", "clip_", "max", "maximum"}
"""Functions that are a ReLU where their other argument is 0."""
_SEEN = {*_ENDS, *_RELUS, *_FLOORS}


class Activations(TorchFunctionMode):
    """Sees the outputs of ReLU, sigmoid and tanh while it is entered: as functions, methods of a
    tensor or modules, `clamp(min=0)` and `maximum` with zeros too.

    Their shares stay on their device in `readings` until these are read. It changes no number, and
    what it can't see is missing.
    """

    def __init__(self, program: Program, readings: Readings) -> None:
        super().__init__()
        self._names = dict(modules(program))
        self._readings = readings
        self._kinds: dict[str, str] = {}
        """`dead` or `saturated`, by place."""
        self.spent = 0.0
        """Seconds that looking has taken while the program went on."""
        self._counts: dict[str, int] = {}

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name not in _SEEN or torch.compiler.is_compiling():
            return result
        begun = time.perf_counter()
        try:
            self._look(name, args, kwargs or {}, result)
        except Exception as error:  # looking harms no run, whatever a tensor is made of
            self._readings.refused.setdefault(name, f"looking raised {type(error).__name__}")
        self.spent += time.perf_counter() - begun
        return result

    def read(self) -> list[dict[str, Any]]:
        """`{"name", "kind", "share"}` of each place in order, once the readings have been read;
        a place that was passed several times has its last share."""
        shares = (
            (name, kind, self._readings.get(kind, name)) for name, kind in self._kinds.items()
        )
        return [
            {"name": name, "kind": kind, "share": share}
            for name, kind, share in shares
            if share is not None and math.isfinite(share)
        ]

    def _look(self, name: str, args: Any, kwargs: Mapping[str, Any], result: Any) -> None:
        if not (isinstance(result, Tensor) and result.is_floating_point()):
            return
        if type(result) not in (Tensor, nn.Parameter):
            self._readings.refused.setdefault(
                name, f"it is a tensor of kind {type(result).__name__}"
            )
        elif name in _ENDS:
            low, high = _ENDS[name]
            self._take(name, "saturated", lambda out: _saturated(out, low, high), result)
        elif name in _RELUS:
            self._take("relu", "dead", lambda out: _dead(out, None), result)
        elif _is_floor(name, args, kwargs):
            floor = _floor(args, kwargs)
            self._take("relu", "dead", lambda out: _dead(out, floor), result)

    def _take(
        self, function: str, kind: str, figure: Callable[[Tensor], Tensor], result: Tensor
    ) -> None:
        place = self._owner() or self._numbered(function.rstrip("_"))
        self._kinds[place] = kind
        self._readings.take((kind, place), figure, result)

    def _numbered(self, function: str) -> str:
        count = self._counts[function] = self._counts.get(function, 0) + 1
        return f"{function} {count}"

    def _owner(self) -> str:
        """The activation module of the program that called, if one did."""
        frame = sys._getframe(3)
        for _ in range(6):
            owner = frame.f_locals.get("self")
            if isinstance(owner, nn.Module):
                return self._names.get(owner, "") if not list(owner.children()) else ""
            if frame.f_back is None:
                break
            frame = frame.f_back
        return ""


def _is_floor(name: str, args: Any, kwargs: Mapping[str, Any]) -> bool:
    """Whether a call keeps what is above another argument, a tensor or 0, and nothing else."""
    floor = _floor(args, kwargs)
    if len(args) > 2 or kwargs.get("max") is not None:
        return False
    if isinstance(floor, Tensor):
        return floor.is_floating_point()
    return name not in ("max", "maximum") and isinstance(floor, int | float) and floor == 0


def _floor(args: Any, kwargs: Mapping[str, Any]) -> Any:
    return args[1] if len(args) > 1 else kwargs.get("min", kwargs.get("other"))


def _dead(result: Tensor, floor: Any) -> Tensor:
    """The share of units that are 0 for the whole batch, the first dimension; NaN where the floor
    is not 0, which is known on the device alone."""
    share = (result == 0).reshape(len(result) if result.dim() else 1, -1).all(0).double().mean()
    return torch.where(floor.any(), torch.nan, share) if isinstance(floor, Tensor) else share


def _saturated(result: Tensor, low: float, high: float) -> Tensor:
    """The share of outputs close to either end."""
    near = (result < low + SATURATED_WITHIN) | (result > high - SATURATED_WITHIN)
    return near.double().mean()
