"""Where in a person's own code an error arose, for the one sentence that is said of it."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

import tui_lab

_LAB = Path(tui_lab.__file__).parent
_PATHS = sysconfig.get_paths()
_OTHERS = tuple(Path(_PATHS[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
_PROGRAMS = _LAB / "experiments"
"""The one part of the lab that is programs."""


def sentence(error: BaseException) -> str:
    """What was raised, and the innermost line of the program's own that it went through."""
    said = "".join(traceback.format_exception_only(error)).strip()
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    if not own:
        return said
    first, *others = said.splitlines()
    return "\n".join([f"{first} ({Path(own[-1].filename).name}, line {own[-1].lineno})", *others])


def _is_own(filename: str) -> bool:
    path = Path(filename)
    if path.is_relative_to(_LAB):
        return path.is_relative_to(_PROGRAMS)
    return path.is_absolute() and not any(path.is_relative_to(other) for other in _OTHERS)
