"""What a program holds, to the last part: what is in its attributes, in theirs, and so on; and what
stands beside it."""

from __future__ import annotations

import enum
import functools
import logging
import random
import threading
import weakref
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from io import IOBase
from pathlib import PurePath
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from tui_lab.training.program import Program
from tui_lab.worker.captured.outside import beside, is_fixed

Parts = list[tuple[Any, Any]]
"""Names, keys or places, and what lies there."""

IN_PROGRESS = frozenset({"loss", "micro_losses", "records", "turned"})
"""Attributes of a program that live within a step."""
COMPARED_BYTES = 1 << 20
"""Of an array that may change; a larger one is not looked over again and again."""
DEEPEST = 24
_MOST = 20_000
"""Values that are looked over again and again, in all or in one collection."""
_PLAIN: frozenset[type] = frozenset({int, float, str, bool, bytes, complex, type(None)})
_OF_MODULES = frozenset(vars(nn.Module())) - {"training"}
_KINDS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("plain", tuple(_PLAIN)),
    ("tensor", (Tensor,)),
    ("array", (np.ndarray, np.generic)),
    ("generator", (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)),
    # Of these another thing is another value: each is what it is. Batches come from elsewhere: what
    # gives them is not looked into. No number depends on what a logger knows, or a file was told.
    ("one", (type, ModuleType, enum.Enum, PurePath, weakref.ref, functools._lru_cache_wrapper)),
    ("one", (torch.dtype, torch.device, torch.layout, torch.memory_format)),
    ("one", (torch.cuda.Stream, torch.cuda.Event, DataLoader, Dataset)),
    ("one", (slice, type(...), torch.finfo, torch.iinfo, IOBase)),
    ("one", (logging.Logger, type(threading.Lock()), type(threading.RLock()))),
    ("module", (nn.Module,)),
    ("optimizer", (torch.optim.Optimizer,)),
    ("mapping", (Mapping,)),
    ("sequence", (list, tuple, deque, set, frozenset)),
    ("function", (FunctionType,)),
    ("method", (MethodType,)),
    ("partial", (functools.partial,)),
)


class _Kinds(dict[type, tuple[str, tuple[str, ...]]]):
    """For each type: what its values are to who looks them over, and the names of their slots."""

    def __missing__(self, kind: type) -> tuple[str, tuple[str, ...]]:
        found = self[kind] = _kind(kind), tuple(_slots(kind))
        return found


def _kind(kind: type) -> str:
    for name, kinds in _KINDS:
        if issubclass(kind, kinds):
            return name
    if issubclass(kind, Iterator) and not isinstance(kind.__next__, FunctionType):
        return "unknown"
    if kind.__dictoffset__ or any(_slots(kind)):
        return "object"
    return "one" if any("__call__" in vars(each) for each in kind.__mro__) else "unknown"


def _slots(kind: type) -> Iterator[str]:
    for each in kind.__mro__:
        slots = vars(each).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__"):
                yield name


_kinds = _Kinds()


def kind_of(value: Any) -> str:
    """What a value is to who looks it over; "unknown" where it can't be looked into, such as
    itertools.cycle."""
    return _kinds[type(value)][0]


def parts(value: Any) -> Parts | None:
    """What a value is made of; None where it can't be looked into."""
    match kind_of(value):
        case "module":
            own = [(name, part) for name, part in vars(value).items() if name not in _OF_MODULES]
            held = (value._parameters, value._buffers, value._modules)
            return own + [each for group in held for each in group.items()]
        case "optimizer":
            return [(name, part) for name, part in vars(value).items() if "hook" not in name]
        case "mapping":
            return [*_attributes(value), *value.items()]
        case "sequence":
            return [*_attributes(value), *enumerate(value)]
        case "function":
            inside = [c.cell_contents for c in value.__closure__ or () if _is_filled(c)]
            given = (value.__defaults__, value.__kwdefaults__)
            return [*vars(value).items(), *enumerate((*inside, *given))]
        case "method":
            return [("self", value.__self__), ("function", value.__func__)]
        case "partial":
            return list(enumerate((value.func, value.args, value.keywords)))
        case "object":
            return _attributes(value)
    return None


def _attributes(value: Any) -> Parts:
    found: Parts = list(getattr(value, "__dict__", {}).items())
    for name in _kinds[type(value)][1]:
        if hasattr(value, name):
            found.append((name, getattr(value, name)))
    return found


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def is_one(value: Any) -> bool:
    """Whether a value has no parts that change."""
    kind = kind_of(value)
    return kind == "one" or (kind == "function" and is_fixed(value))


def is_comparable(value: Any) -> bool:
    """Whether a value without parts can be told from another: it is hashed by what it is."""
    return isinstance(value, Hashable) and type(value).__hash__ is not object.__hash__


def are_plain(values: Iterable[Any]) -> bool:
    """Whether all of these are numbers, texts and the like; as quick as can be, since there may be
    very many."""
    return set(map(type, values)) <= _PLAIN


def roots(program: Program) -> Iterator[tuple[str, Any]]:
    """The attributes of a program, and what stands beside it, with names."""
    yield from vars(program).items()
    yield from beside(type(program))


class Everything:
    """Goes through all that a program holds, and what stands beside it, each once; but for its
    batches."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._seen = {id(program), id(vars(program).get("batches"))}
        self.unknown = ""
        """Something that could not be looked into, and where; empty where all could."""

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name, value in roots(self._program):
            for found in self._within(value, name, DEEPEST):
                yield name, found

    def _within(self, value: Any, name: str, depth: int) -> Iterator[Any]:
        kind = kind_of(value)
        if kind == "plain" or id(value) in self._seen or is_one(value):
            return
        self._seen.add(id(value))
        if kind in ("tensor", "array", "generator"):
            if isinstance(value, np.ndarray) and is_too_large(value):
                self._give_up(name, "a large array that may change")
            yield value
            return
        if is_too_much(value, len(self._seen)):
            self._give_up(name, "more than can be looked over again and again")
            return
        found = parts(value) if depth else None
        if found is None:
            if not is_comparable(value):
                self._give_up(name, f"a {type(value).__name__}, which can't be looked into")
        elif not are_plain(part for _, part in found):
            for _, part in found:
                yield from self._within(part, name, depth - 1)

    def _give_up(self, name: str, what: str) -> None:
        if name not in self._program.unread:
            self.unknown = self.unknown or f"{name} holds {what}"


def is_too_much(value: Any, seen: int) -> bool:
    """Whether a value is not gone through, after so many others."""
    is_long = kind_of(value) in ("mapping", "sequence") and len(value) > _MOST
    return is_long or seen > _MOST


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
    return (each for _, each in Everything(program) if kind_of(each) == "generator")


def generators_on_card(program: Program) -> Iterator[torch.Generator]:
    """Those that draw on the program's device."""
    kind = program.device.type
    return (each for each in generators(program) if _device_of(each) == kind)


def generators_on_host(program: Program) -> Iterator[Any]:
    """Those that don't."""
    kind = program.device.type
    return (each for each in generators(program) if _device_of(each) != kind)


def _device_of(generator: Any) -> str:
    return generator.device.type if isinstance(generator, torch.Generator) else "host"


def versions(program: Program) -> dict[int, int]:
    """How often each tensor was written to that a program holds, by id."""
    return {id(tensor): tensor._version for _, tensor in tensors(program)}


def written_since(program: Program, before: dict[int, int]) -> dict[int, Tensor]:
    """The tensors that were written to since there were these versions, by id."""
    now = {id(tensor): tensor for _, tensor in tensors(program)}
    return {key: t for key, t in now.items() if before.get(key, t._version) != t._version}
