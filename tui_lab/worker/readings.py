"""Numbers of tensors that stay on their devices until all of them are copied at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

Key = tuple[str, str]
"""A figure and the name of what it is of."""


class Readings:
    """Figures of tensors by (figure, name): taken one by one, read with one copy a device.

    A tensor that has no such figure (one without values yet, of a kind that torch can't reduce)
    costs that figure alone: `values` lacks it, and `refused` says why.
    """

    def __init__(self) -> None:
        self.values: dict[Key, float] = {}
        """What has been read."""
        self.refused: dict[str, str] = {}
        """By the name of a tensor: why a figure of it could not be taken."""
        self._waiting: dict[Key, Tensor] = {}

    def take(self, key: Key, figure: Callable[[Tensor], Tensor], tensor: Tensor) -> None:
        """Compute a figure, a scalar, and leave it where it is."""
        try:
            if tensor.is_meta:
                raise ValueError("a meta tensor has no values")
            self._waiting[key] = figure(tensor.detach()).double()
        except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
            self.refused.setdefault(key[1], _reason(tensor, error))

    def keep(self, key: Key, name: Key) -> None:
        """What was taken under `key` is kept under another name too, whatever is taken next."""
        if key in self._waiting:
            self._waiting[name] = self._waiting[key]
        elif key in self.values:
            self.values[name] = self.values[key]

    def read(self) -> None:
        """Copy everything taken since the last time."""
        waiting, self._waiting = self._waiting, {}
        try:
            self.values |= copied(waiting)
        except RuntimeError:  # one of them can't be read, such as a tensor from inside a vmap
            for key, scalar in waiting.items():
                self._read_alone(key, scalar)

    def _read_alone(self, key: Key, scalar: Tensor) -> None:
        try:
            self.values[key] = scalar.item()
        except RuntimeError as error:
            self.refused.setdefault(key[1], f"torch can't read it ({_first_line(error)})")

    def get(self, figure: str, name: str) -> float | None:
        """A figure that was read; None where there is none."""
        return self.values.get((figure, name))


def copied(scalars: Mapping[Any, Tensor]) -> dict[Any, float]:
    """The numbers in 0-dimensional tensors of one dtype, with one copy from each device."""
    keys = defaultdict(list)
    for key, scalar in scalars.items():
        keys[scalar.device].append(key)
    read: dict[Any, float] = {}
    for group in keys.values():
        read |= zip(group, torch.stack([scalars[key] for key in group]).tolist(), strict=True)
    return read


def norm(tensor: Tensor) -> Tensor:
    """‖tensor‖ in float64, in which the norm of finite float32 numbers can't overflow."""
    values = _values(tensor)
    kind = torch.complex128 if values.is_complex() else torch.float64
    if not (values.is_complex() or values.dtype in _REDUCIBLE):
        values = values.double()
    size: Tensor = torch.linalg.vector_norm(values, dtype=kind)
    return size


def is_set(tensor: Tensor) -> Tensor:
    """1 where anything in it is not zero, else 0."""
    return _values(tensor).any()


_REDUCIBLE = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})


def _values(tensor: Tensor) -> Tensor:
    """The numbers of a tensor, however it is laid out."""
    if tensor.layout is torch.sparse_coo:
        return tensor.coalesce().values()
    if tensor.layout is not torch.strided:
        return tensor.values()
    return tensor.dequantize() if tensor.is_quantized else tensor


def _reason(tensor: Tensor, error: Exception) -> str:
    if is_lazy(tensor):
        return "it has no values before the first forward pass"
    if tensor.is_meta:
        return "it is on the meta device, without values"
    return f"torch can't measure it ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:80]


def numbers(measured: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, str]]:
    """The metrics that are numbers, as floats, copied at once; and of the others why they are
    none, by key."""
    tensors: dict[str, Tensor] = {}
    values: dict[str, float] = {}
    refused: dict[str, str] = {}
    for key, value in measured.items():
        if isinstance(value, Tensor) and value.numel() == 1 and not value.is_complex():
            tensors[key] = value.detach().reshape(()).double()
        elif isinstance(value, Real):
            values[key] = float(value)
        else:
            refused[key] = shown(value)
    values |= copied(tensors)
    return {key: values[key] for key in measured if key in values}, refused


def shown(value: Any) -> str:
    """What was found where a number should be, in a few words."""
    if isinstance(value, Tensor):
        kind = "complex " if value.is_complex() else ""
        return f"a {kind}tensor of shape {'×'.join(map(str, value.shape)) or '1'}"
    if value is None or isinstance(value, str | complex):
        return repr(value)[:40]
    return f"a {type(value).__name__}"
