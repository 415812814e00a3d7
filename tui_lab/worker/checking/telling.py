"""An error of a person's own file in one sentence."""

from __future__ import annotations

import traceback
from pathlib import Path

from tui_lab.errors import TuiLabError


def told(path: Path, error: BaseException, where: str = "") -> str:
    """An error of a person's own file in one sentence, with the line of theirs it comes from."""
    line, cause = _line(path, error), error.__cause__ or error
    if not line or ("line " in str(error) and not isinstance(cause, SyntaxError)):
        return f"{where}{flat(error)}"
    if isinstance(cause, TuiLabError):
        return f"{where}{line}: {flat(cause)}"
    words = cause.msg if isinstance(cause, SyntaxError) else cause
    said = ": ".join(filter(None, [type(cause).__name__, flat(words)]))
    return f"{where}{line}: {said.rstrip('.')}."


def flat(words: object) -> str:
    return " ".join(str(words).split())


def _line(path: Path, error: BaseException) -> str:
    """The innermost line that is in the file, or beside it; empty where there is none."""
    for each in (error.__cause__, error):
        if isinstance(each, SyntaxError) and each.filename:
            return f"{Path(each.filename).name}, line {each.lineno}"
        for frame in reversed(traceback.extract_tb(each.__traceback__ if each else None)):
            if Path(frame.filename).parent == path.parent:
                return f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}"
    return ""
