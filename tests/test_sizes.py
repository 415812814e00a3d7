"""Protects the sizes of the package: what is too large to be read at once is more than one thing.

A file has at most 300 lines; a function 30, its signature and docstring included; a class 250 lines
and 20 methods, properties included.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import tui_lab

_PACKAGE = Path(tui_lab.__file__).parent
_FILE, _FUNCTION, _CLASS, _METHODS = 300, 30, 250, 20
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _lines(node: _Function | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _too_large(source: str) -> Iterator[str]:
    if (count := len(source.splitlines())) > _FILE:
        yield f"the file has {count} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _Function) and _lines(node) > _FUNCTION:
            yield f"{node.name} has {_lines(node)} lines"
        if isinstance(node, ast.ClassDef):
            methods = sum(isinstance(each, _Function) for each in node.body)
            if methods > _METHODS:
                yield f"{node.name} has {methods} methods"
            if _lines(node) > _CLASS:
                yield f"{node.name} has {_lines(node)} lines"


def test_nothing_in_the_package_is_too_large() -> None:
    found = {
        f"{path.relative_to(_PACKAGE).as_posix()}: {what}"
        for path in _PACKAGE.rglob("*.py")
        for what in _too_large(path.read_text(encoding="utf-8"))
    }
    assert not found, sorted(found)


def test_what_is_too_large_is_found() -> None:
    assert list(_too_large("#\n" * 301)) == ["the file has 301 lines"]
    assert list(_too_large("async def f():\n" + "    x = 1\n" * 30)) == ["f has 31 lines"]
    methods = "    def f(self): ...\n" * 21
    assert list(_too_large("class C:\n" + methods)) == ["C has 21 methods"]
    assert list(_too_large("class C:\n" + "    x = 1\n" * 250)) == ["C has 251 lines"]


def test_what_just_fits_is_not() -> None:
    source = "class C:\n" + "    def f(self): ...\n" * 20 + "    x = 1\n" * 229
    assert not list(_too_large(source + "def g():\n" + "    x = 1\n" * 29))
