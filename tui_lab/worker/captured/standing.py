"""How a program stands, as far as a recording of its step depends on it: where its tensors lie, and
every number, text and flag that the step may have read.

A recording is of one standing. Wherever the program stands otherwise (a knob was turned, a state
restored, a gradient left over, the learning rate scheduled) there has to be another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tui_lab.training.program import Program

Standing = dict[str, Any]
"""By attribute: what a recording depends on, comparable."""

_IN_PROGRESS = frozenset({"loss", "micro_losses", "records", "turned", "batches", "device"})
"""Attributes that live within a step, or that the feed of a recording stands for."""
_PLAIN = (int, str, bool, bytes, type(None))
_DEEPEST = 6
_GRADIENTS = "a gradient"


def standing(program: Program, fresh: Set[int] = frozenset()) -> Standing:
    """How a program stands, between two steps, of which each makes the gradients of the tensors
    `fresh` (their ids) anew."""
    of = _Standing(program.device.type)
    found = {
        name: of(value, _DEEPEST)
        for name, value in vars(program).items()
        if name not in _IN_PROGRESS
    }
    return without({**found, _GRADIENTS: of.gradients}, fresh)


def without(found: Standing, fresh: Set[int]) -> Standing:
    """The same, but for the gradients of these."""
    if not fresh:
        return found
    kept = {key: place for key, place in found[_GRADIENTS].items() if key not in fresh}
    return {**found, _GRADIENTS: kept}


def differing(before: Standing, after: Standing) -> str:
    """The first attribute in which two differ; empty where none does."""
    for name in (*before, *after):
        if before.get(name, before) != after.get(name, after):
            return name
    return ""


class _Standing:
    """Something comparable for a value, that differs whenever a recording on a card of this kind
    would have to be another."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.gradients: dict[int, Any] = {}
        """Where the gradient of each tensor lies that has one."""

    def __call__(self, value: Any, depth: int) -> Any:
        match value:
            case Tensor():
                return self._tensor(value)
            case float():
                return value if value == value else "nan"
            case _ if isinstance(value, _PLAIN):
                return value
            case SimpleNamespace():
                return self(vars(value), depth)
            case dict() if depth:
                return [(_key(key), self(item, depth - 1)) for key, item in value.items()]
            case list() | tuple() | deque() | set() | frozenset() if depth:
                return [self(item, depth - 1) for item in value]
            case nn.Module():
                return self._module(value, depth)
            case torch.optim.Optimizer():
                return self([value.param_groups, dict(value.state)], depth)
            case np.ndarray() | np.generic():
                return value.tobytes() if value.nbytes < 1 << 12 else id(value)
        return id(value)

    def _tensor(self, tensor: Tensor) -> Any:
        """Where it lies. Of one that is not on the card, which no recording changes, how often it
        was written to, too."""
        away = tensor._version if tensor.device.type != self._kind else 0
        if tensor.is_leaf and tensor.grad is not None:
            self.gradients[id(tensor)] = _place(tensor.grad)
        return _place(tensor), tensor.requires_grad, away

    def _module(self, module: nn.Module, depth: int) -> Any:
        """Parameters, buffers, modes, and whatever else the parts of a module were set to."""
        return [
            [(name, self(item, depth - 1)) for name, item in _set_in(part)]
            for part in module.modules()
        ]


def _key(key: Any) -> Any:
    return key if isinstance(key, str | int) else id(key)


def _place(tensor: Tensor) -> Any:
    if tensor.layout is not torch.strided:
        return id(tensor)
    return tensor.data_ptr(), tensor.shape, tensor.dtype


def _set_in(part: nn.Module) -> Iterator[tuple[str, Any]]:
    yield from part._parameters.items()
    yield from part._buffers.items()
    for name, item in vars(part).items():
        if not name.startswith("_"):
            yield name, item


def tensors(value: Any, depth: int = _DEEPEST) -> Iterator[Tensor]:
    """Every tensor in what a program holds."""
    match value:
        case Tensor():
            yield value
        case nn.Module():
            yield from (*value.parameters(), *value.buffers())
        case torch.optim.Optimizer():
            yield from tensors([value.param_groups, dict(value.state)], depth)
        case SimpleNamespace():
            yield from _all(vars(value).values(), depth)
        case Mapping() if depth:
            yield from _all(value.values(), depth)
        case list() | tuple() | deque() | set() | frozenset() if depth:
            yield from _all(value, depth)


def leaves(program: Program) -> list[Tensor]:
    """The tensors a program holds that may have gradients, each once."""
    held = {id(t): t for t in tensors(list(vars(program).values())) if t.is_leaf}
    return list(held.values())


def _all(values: Iterable[Any], depth: int) -> Iterator[Tensor]:
    for value in values:
        yield from tensors(value, depth - 1)
