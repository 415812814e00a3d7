"""What a step may read and change that its program does not hold: attributes of classes, and what
stands in the modules that these are written in."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tui_lab.training.program import Program

Space = dict[str, Any]
"""The names of a module."""

_OF_PYTHON = ("__", "_abc_")
_FIXED = frozenset({int, float, str, bool, type(None)})
"""Kinds of what an argument may be where none is given."""


_MARKS = frozenset({"__isabstractmethod__"})


def beside(kind: type[Program]) -> Iterator[tuple[str, Any]]:
    """What stands there now of whatever may change (no class, no module, no function that keeps
    nothing), and how it is called."""
    classes, spaces = _around(kind)
    for each in classes:
        for name, value in vars(each).items():
            if not (name.startswith(_OF_PYTHON) or is_fixed(value)):
                yield f"{each.__name__}.{name}", value
    for space, names in spaces:
        for name in names:
            if name in space and not is_fixed(space[name]):
                yield name, space[name]


@functools.cache
def _around(kind: type[Program]) -> tuple[list[type], list[tuple[Space, list[str]]]]:
    """The classes that a program is made of, with those written beside them; and their modules,
    with the names that functions written there use."""
    classes = [each for each in kind.__mro__ if each not in Program.__mro__]
    spaces = {id(f.__globals__): f.__globals__ for each in classes for f in _functions(vars(each))}
    for space in spaces.values():
        classes += [each for each in _classes(space) if each not in classes]
    return classes, [(space, _used(space)) for space in spaces.values()]


def _classes(space: Space) -> Iterator[type]:
    for value in list(space.values()):
        if isinstance(value, type) and value.__module__ == space.get("__name__"):
            yield value


def _used(space: Space) -> list[str]:
    found: dict[str, None] = {}
    for names in (space, *(vars(each) for each in _classes(space))):
        for function in _functions(names):
            if function.__globals__ is space:
                for code in _nested(function.__code__):
                    found |= dict.fromkeys(code.co_names)
    return list(found)


def _functions(names: Any) -> Iterator[FunctionType]:
    """The functions among these, and those that others, or properties, are made of."""
    for value in list(names.values()):
        inner = value.fget if isinstance(value, property) else value
        inner = inner.__func__ if isinstance(inner, staticmethod | classmethod) else inner
        if isinstance(inner, FunctionType):
            yield inspect.unwrap(inner)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def is_fixed(value: Any) -> bool:
    """Whether a value is code, which keeps nothing from call to call."""
    if isinstance(value, FunctionType):
        if value.__closure__ or value.__kwdefaults__ or value.__dict__.keys() - _MARKS:
            return False
        given = value.__defaults__
        return not given or all(each in _FIXED for each in map(type, given))
    return isinstance(value, type | ModuleType) or hasattr(type(value), "__get__")
