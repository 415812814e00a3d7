"""What a step may read and change that its program does not hold: plain attributes of its classes,
and what its module's functions declare `global`."""

from __future__ import annotations

import dis
import functools
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from tui_lab.training.program import Program
from tui_lab.worker.captured.held import PLAIN, are_plain


def beside(kind: type[Program]) -> Iterator[tuple[str, Any]]:
    """Numbers, texts and collections of them, and their names."""
    for each in _kinds(kind):
        for name, value in vars(each).items():
            if not name.startswith("__") and _is_plain(value):
                yield f"{each.__name__}.{name}", value
        module = sys.modules.get(each.__module__)
        for name in _written(each.__module__):
            if _is_plain(value := getattr(module, name, None)):
                yield name, value


def _kinds(kind: type[Program]) -> list[type]:
    return [each for each in kind.__mro__ if issubclass(each, Program) and each is not Program]


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return are_plain(value.values())
    return are_plain(value) if isinstance(value, list | set) else isinstance(value, PLAIN)


@functools.cache
def _written(module: str) -> tuple[str, ...]:
    """The names that functions of a module give other values."""
    found: dict[str, None] = {}
    for code in _codes(vars(sys.modules.get(module, sys))):
        for instruction in dis.get_instructions(code):
            if instruction.opname == "STORE_GLOBAL":
                found[instruction.argval] = None
    return tuple(found)


def _codes(names: Any) -> Iterator[CodeType]:
    for value in list(names.values()):
        if isinstance(value, FunctionType):
            yield from _nested(value.__code__)
        elif isinstance(value, type) and value.__module__ == names.get("__name__"):
            yield from _codes({**vars(value), "__name__": None})


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
