"""Products of matrices of all members, each with its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.members import Function, Members, mapped, wrapped

_CACHED = 1 << 17
"""Products that are summed while they are in a core's cache."""


def ndim(value: Any) -> int:
    """Dimensions of what one member has."""
    if isinstance(value, Members):
        return value.dim() - 1
    return value.dim() if isinstance(value, Tensor) else 0


def matmul(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Of matrices, and of a matrix and a vector."""
    a, b = args
    if ndim(a) == 2 and ndim(b) == 1 and isinstance(b, Members):
        column = wrapped(b.unsqueeze(-1))
        return wrapped(matmul(func, (a, column), kwargs).squeeze(-1))
    if ndim(a) != 2 or ndim(b) != 2:
        return mapped(func, args, kwargs)
    if isinstance(b, Members) and b.shape[-1] == 1 and b.device.type == "cpu":
        return wrapped(_dot(a, b.mT).unsqueeze(-1))  # bmm takes four times as long
    return wrapped(func(a, b))


def _dot(rows: Tensor, weights: Tensor) -> Tensor:
    """`vecdot` of each row with its member's weights (members, 1, n), some members at a time: its
    products of all of them at once are more than a cache holds, or than memory is kept for."""
    at_once = max(1, _CACHED // (rows.shape[-2] * rows.shape[-1]))
    needs_graph = torch.is_grad_enabled() and (rows.requires_grad or weights.requires_grad)
    if needs_graph or at_once >= len(weights):
        whole: Tensor = torch.linalg.vecdot(rows, weights)
        return whole
    parts = zip(
        rows.expand(len(weights), *rows.shape[-2:]).split(at_once),
        weights.split(at_once),
        strict=True,
    )
    return torch.cat([torch.linalg.vecdot(a, b) for a, b in parts])


def linear(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """`nn.Linear`'s function, for rows of examples."""
    if kwargs or len(args) != 3 or not all(isinstance(each, Members) for each in args[1:]):
        return mapped(func, args, kwargs)
    X, weight, bias = args
    if ndim(X) != 2:
        return mapped(func, args, kwargs)
    if not isinstance(X, Members):
        X = X.expand(len(weight), *X.shape)
    if weight.shape[1] == 1 and weight.device.type == "cpu":
        return wrapped(_dot(X, weight).unsqueeze(-1) + bias.unsqueeze(1))
    return wrapped(torch.baddbmm(bias.unsqueeze(1), X, weight.mT))
