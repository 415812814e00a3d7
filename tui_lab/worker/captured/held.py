"""What a program holds, to the last part: what is in its attributes, in theirs, and so on."""

from __future__ import annotations

import enum
import functools
import random
import weakref
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import PurePath
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from tui_lab.training.program import Program

Parts = list[tuple[Any, Any]]
"""Names, keys or places, and what lies there."""

PLAIN = (int, float, str, bool, bytes, complex, type(None))
GENERATORS = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)
ARRAYS = (np.ndarray, np.generic)
COMPARED_BYTES = 1 << 20
"""Of an array that may change; a larger one is not looked over again and again."""
_DEEPEST = 24
_ONE = (
    *(type, ModuleType, enum.Enum, PurePath, weakref.ref, functools._lru_cache_wrapper),
    *(torch.dtype, torch.device, torch.layout, torch.memory_format),
    *(torch.cuda.Stream, torch.cuda.Event, DataLoader, Dataset),
)
"""Kinds of which another thing is another value: each is what it is. Batches come from elsewhere:
what gives them is not looked into."""
_OF_MODULES = frozenset(vars(nn.Module())) - {"training"}


def is_one(value: Any) -> bool:
    """Whether a value is of a kind that has no parts which change."""
    return isinstance(value, _ONE) or (callable(value) and not hasattr(value, "__dict__"))


def parts(value: Any) -> Parts | None:
    """What a value is made of; None where it can't be looked into."""
    match value:
        case nn.Module():
            own = [(name, part) for name, part in vars(value).items() if name not in _OF_MODULES]
            held = (value._parameters, value._buffers, value._modules)
            return own + [each for group in held for each in group.items()]
        case torch.optim.Optimizer():
            return [(name, part) for name, part in vars(value).items() if "hook" not in name]
        case Mapping():
            return [*_attributes(value), *value.items()]
        case list() | tuple() | deque() | set() | frozenset():
            return [*_attributes(value), *enumerate(value)]
        case FunctionType():
            cells = [cell for cell in value.__closure__ or () if _is_filled(cell)]
            inside = [cell.cell_contents for cell in cells]
            return [*vars(value).items(), *enumerate((*inside, value.__defaults__))]
        case MethodType():
            return [("self", value.__self__), ("function", value.__func__)]
        case functools.partial():
            return list(enumerate((value.func, value.args, value.keywords)))
    return _of_object(value)


def _of_object(value: Any) -> Parts | None:
    kind = type(value)
    if isinstance(value, Iterator) and not isinstance(kind.__next__, FunctionType):
        return None  # itertools.cycle, a generator that has begun
    if not (hasattr(value, "__dict__") or any("__slots__" in vars(each) for each in kind.__mro__)):
        return None
    return _attributes(value)


def _attributes(value: Any) -> Parts:
    found: Parts = list(getattr(value, "__dict__", {}).items())
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found.append((name, getattr(value, name)))
    return found


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def is_comparable(value: Any) -> bool:
    """Whether a value without parts can be told from another: it is hashed by what it is."""
    return isinstance(value, Hashable) and type(value).__hash__ is not object.__hash__


def are_plain(values: Iterable[Any]) -> bool:
    """Whether all of these are numbers, texts and the like; as quick as can be, since there may be
    very many."""
    return set(map(type, values)) <= _PLAIN


_PLAIN = frozenset(PLAIN)


class Everything:
    """Goes through all that a program holds, each once, but for its batches."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._seen = {id(program), id(vars(program).get("batches"))}
        self.unknown = ""
        """Something that could not be looked into, and where; empty where all could."""

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name, value in vars(self._program).items():
            for found in self._within(value, name, _DEEPEST):
                yield name, found

    def _within(self, value: Any, name: str, depth: int) -> Iterator[Any]:
        if isinstance(value, PLAIN) or is_one(value) or id(value) in self._seen:
            return
        self._seen.add(id(value))
        if isinstance(value, Tensor | GENERATORS | ARRAYS):
            if isinstance(value, np.ndarray) and is_too_large(value):
                self.unknown = self.unknown or f"{name} holds a large array that may change"
            yield value
            return
        found = parts(value) if depth else None
        if found is None:
            if not is_comparable(value):
                kind = type(value).__name__
                self.unknown = self.unknown or f"{name} holds a {kind}, which can't be looked into"
            return
        if not are_plain(part for _, part in found):
            for _, part in found:
                yield from self._within(part, name, depth - 1)


def is_too_large(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array that may change is too large to be looked over again and again."""
    return array.nbytes > COMPARED_BYTES and array.flags.writeable


def unknown(program: Program) -> str:
    """What of a program can't be looked into; empty where all can."""
    everything = Everything(program)
    for _ in everything:
        pass
    return everything.unknown


def tensors(program: Program) -> Iterator[tuple[str, Tensor]]:
    """Every tensor that a program holds, once, and the attribute that it is in."""
    return ((name, value) for name, value in Everything(program) if isinstance(value, Tensor))


def leaves(program: Program) -> list[Tensor]:
    """The tensors a program holds that may have gradients, each once."""
    return [tensor for _, tensor in tensors(program) if tensor.is_leaf]


def generators(program: Program) -> Iterator[Any]:
    """Every generator of random numbers that a program holds, of torch, numpy or Python."""
    return (value for _, value in Everything(program) if isinstance(value, GENERATORS))
