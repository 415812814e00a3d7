"""How a program stands, as far as a recording of its step depends on it: where its tensors lie, and
every number, text and flag that the step may have read.

A recording is of one standing. Wherever the program stands otherwise (a knob was turned, a state
restored, a gradient left over, the learning rate scheduled) there has to be another.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tui_lab.training.program import Program
from tui_lab.worker.captured import held

Standing = dict[str, Any]
"""By attribute: what a recording depends on, comparable."""

_PASSED = held.IN_PROGRESS | {"batches", "device"}
"""Attributes that live within a step, or that the feed of a recording stands for."""
_GRADIENTS = "a gradient"


def standing(program: Program, fresh: Set[int] = frozenset()) -> Standing:
    """How a program stands, between two steps, of which each makes the gradients of the tensors
    `fresh` (their ids) anew."""
    of, passed = _Standing(program), _PASSED | program.unread
    found = {
        name: of(value, held.DEEPEST) for name, value in held.roots(program) if name not in passed
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


def form(found: Any) -> Any:
    """What a standing is but for numbers and places: a recording of one of the same form is made
    of the same step."""
    match found:
        case dict():
            return {name: form(part) for name, part in found.items() if name != _GRADIENTS}
        case torch.Size() | bool() | str() | torch.dtype():
            return found
        case list() | tuple():
            return [form(part) for part in found]
    return type(found)


class _Standing:
    """Something comparable for a value, that differs whenever a recording on a card of this kind
    would have to be another."""

    def __init__(self, program: Program) -> None:
        self._kind = program.device.type
        self._seen = {id(program): 0, id(vars(program).get("batches")): 0}
        """In which order what has parts was met; what is met again is not gone through again."""
        self.gradients: dict[int, Any] = {}
        """Where the gradient of each tensor lies that has one."""

    def __call__(self, value: Any, depth: int) -> Any:
        match held.kind_of(value):
            case "plain":
                return value if value == value else "nan"
            case "tensor":
                return self._tensor(value)
            case "array":
                return _array(value)
            case "generator":
                return id(value)
        if held.is_one(value):
            return id(value)
        if id(value) in self._seen:
            return "again", self._seen[id(value)]
        self._seen[id(value)] = len(self._seen)
        if held.is_too_much(value, len(self._seen)):
            return id(value)
        parts = held.parts(value) if depth else None
        if parts is None:
            return value if held.is_comparable(value) else id(value)
        return type(value).__qualname__, self._parts(parts, depth)

    def _parts(self, parts: held.Parts, depth: int) -> Any:
        if held.are_plain(part for _, part in parts):
            return [(_key(key), part) for key, part in parts]
        return [(_key(key), self(part, depth - 1)) for key, part in parts]

    def _tensor(self, tensor: Tensor) -> Any:
        """Where it lies. Of one that is not on the card, which no recording changes, how often it
        was written to, too."""
        away = tensor._version if tensor.device.type != self._kind else 0
        if tensor.is_leaf and tensor.grad is not None:
            self.gradients[id(tensor)] = _place(tensor.grad)
        return _place(tensor), tensor.requires_grad, away


def _array(value: Any) -> Any:
    is_given_up = isinstance(value, np.ndarray) and held.is_too_large(value)
    is_fixed = not value.flags.writeable and value.nbytes > held.COMPARED_BYTES
    return id(value) if is_given_up or is_fixed else (value.shape, hash(value.tobytes()))


def _key(key: Any) -> Any:
    return key if isinstance(key, str | int) else id(key)


def _place(tensor: Tensor) -> Any:
    if tensor.layout is not torch.strided:
        return id(tensor)
    return tensor.data_ptr(), tensor.shape, tensor.dtype
