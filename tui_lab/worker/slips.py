"""A slip in a person's own file as one sentence: file, line, what is wrong, and the cure."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import tui_lab
from tui_lab.errors import ExperimentError
from tui_lab.own_module import is_own

_LAB = str(Path(tui_lab.__file__).parent)


class LoadsTooLong(BaseException):
    """A file did not come to its end in time; not for the file's own `except Exception`."""


def sentence(path: Path, error: BaseException) -> str:
    """What is wrong with the file at `path`, or with one beside it, that raised `error`."""
    if isinstance(error, ExperimentError):
        return str(error)
    return f"{_place(path, error)}: {_what(path, error).rstrip('.')}."


def _place(path: Path, error: BaseException) -> str:
    """The line of the person's own that it comes from; the file alone where there is none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename == str(path) or is_own(f.filename, path.parent)]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else str(path)


def _what(path: Path, error: BaseException) -> str:
    said = " ".join(str(error).split())[:500]
    kind = type(error).__name__
    if isinstance(error, LoadsTooLong):
        return f"{said}; what takes long belongs into the program's build()"
    if isinstance(error, SyntaxError):
        return f"{kind}: {error.msg}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing(path, error.name)
    if isinstance(error, ImportError) and "no known parent package" in said:
        return f"{path.parent} is no package: write `import part`, or put an __init__.py there"
    if isinstance(error, SystemExit):
        return "it ends Python as it is loaded; put that under `if __name__ == '__main__':`"
    frames = traceback.extract_tb(error.__traceback__)
    if said and frames and frames[-1].filename.startswith(_LAB):
        return said  # the lab's own words
    return f"{kind}: {said}" if said else kind


def _missing(path: Path, name: str) -> str:
    return (
        f"there is no module {name}; install it for {sys.executable}, "
        f"or put {name.partition('.')[0]}.py into {path.parent}"
    )
