"""Where in a script something happens: the line of its own that led there, and what stands on it.

A script's own files are those that are not installed: torch and other packages are passed over.
"""

from __future__ import annotations

import ast
import functools
import linecache
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

_LAB = str(Path(__file__).parents[2])
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
_LONGEST = 30
"""Characters of an expression that can serve as a name."""


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    file: str
    line: int


def own_frames(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames of a script's own files, from `frame` outwards."""
    while frame is not None:
        if _OWN[frame.f_code.co_filename]:
            yield frame
        frame = frame.f_back


def calling_frame() -> FrameType | None:
    """The innermost frame of a script's own that is running."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _OWN[frame.f_code.co_filename]:
        frame = frame.f_back
    return frame


def place_of(frame: FrameType | None) -> Place | None:
    """Where a frame stands."""
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


class _Own(dict[str, bool]):
    """Whether a file is a script's own; asked several times in every step."""

    def __missing__(self, file: str) -> bool:
        installed = file.startswith(("<", _LAB, *_INSTALLED)) or "-packages" in file
        self[file] = not installed
        return not installed


_OWN = _Own()


@functools.cache
def differentiated(place: Place) -> str:
    """The expression whose backward pass this line takes: `loss` for `loss.backward()`,
    `scaler.scale(loss / 4).backward()` and `accelerator.backward(loss)`; empty for none."""
    for call in _calls(place):
        if isinstance(call.func, ast.Attribute) and call.func.attr.endswith("backward"):
            arguments = [a for a in call.args if not isinstance(a, ast.Starred)]
            of_library = isinstance(call.func.value, ast.Name) and arguments
            return _named(arguments[0] if of_library else call.func.value)
    return ""


@functools.cache
def assigned(place: Place) -> str:
    """The name that this line gives to what it computes: `val_loss` for `val_loss = …` and for
    `val_loss += …`; empty for none."""
    for node in _statements(place):
        match node:
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)]):
                return name
            case ast.AugAssign(target=ast.Name(id=name) | ast.Attribute(attr=name)):
                return name
    return ""


def _named(expression: ast.expr) -> str:
    """The variable that an expression is about."""
    match expression:
        case ast.Name() | ast.Attribute():
            text = ast.unparse(expression)
            return text if len(text) <= _LONGEST else ""
        case ast.BinOp(left=left):
            return _named(left)
        case ast.Call(args=[first, *_]):
            return _named(first)
        case ast.Call(func=ast.Attribute(value=value)):
            return _named(value)
    return ""


def _calls(place: Place) -> Iterator[ast.Call]:
    for node in _at(place):
        if isinstance(node, ast.Call):
            yield node


def _statements(place: Place) -> Iterator[ast.stmt]:
    """Those around a line, the innermost first."""
    found = [node for node in _at(place) if isinstance(node, ast.stmt)]
    return iter(sorted(found, key=lambda node: (node.end_lineno or 0) - node.lineno))


def _at(place: Place) -> Iterator[ast.AST]:
    for node in ast.walk(_tree(place.file)):
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        if first <= place.line <= (last or 0):
            yield node


@functools.cache
def _tree(file: str) -> ast.Module:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:  # compiled from something else than what lies there now
        return ast.Module(body=[], type_ignores=[])


def loops(place: Place) -> list[ast.For]:
    """The loops around a line, the innermost first."""
    found = [node for node in _at(place) if isinstance(node, ast.For)]
    return sorted(found, key=lambda node: (node.end_lineno or 0) - node.lineno)


def variable(name: str, frame: FrameType) -> Any:
    """What a dotted name means where a frame stands; None for nothing."""
    first, *rest = name.split(".")
    found = frame.f_locals.get(first, frame.f_globals.get(first))
    for part in rest:
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    return found


def source(place: Place | None) -> list[str]:
    """The lines of the file that a place is in."""
    lines = linecache.getlines(place.file) if place is not None else []
    return [line.rstrip("\n") for line in lines]
