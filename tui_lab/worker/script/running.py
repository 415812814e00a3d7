"""Running a script as `python` would: as `__main__`, with its arguments, in its directory."""

from __future__ import annotations

import os
import runpy
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType

from tui_lab.watching import Script
from tui_lab.worker.script.places import own_frames


def run(script: Script) -> None:
    """Run it to its end; raises whatever it raises, `SystemExit` too."""
    os.chdir(script.directory)
    sys.argv = [script.path or script.module, *script.arguments]
    if script.module:
        sys.path.insert(0, script.directory)
        runpy.run_module(script.module, run_name="__main__", alter_sys=True)
        return
    sys.path.insert(0, str(Path(script.path).parent))
    _run_file(script.path)


def _run_file(path: str) -> None:
    """The module stays `__main__` until the process ends: what was made there is pickled by its
    name, and threads that are left may still look it up."""
    module = ModuleType("__main__")
    module.__file__ = path
    module.__builtins__ = __builtins__  # type: ignore[attr-defined]
    sys.modules["__main__"] = module
    exec(compile(Path(path).read_bytes(), path, "exec"), module.__dict__)


def own_traceback(error: BaseException) -> str:
    """The traceback of an error, from the first line of the script's own on."""
    found = error.__traceback__
    while found is not None and not _is_own(found):
        found = found.tb_next
    lines = traceback.format_exception(type(error), error, found or error.__traceback__)
    return "".join(lines)


def _is_own(trace: TracebackType) -> bool:
    return next(own_frames(trace.tb_frame), None) is trace.tb_frame
