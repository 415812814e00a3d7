"""The model of a watched script, as it was kept when someone asked for that."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tui_lab.errors import RunError
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.replacement import replacing

_KEPT = re.compile(r"model-(\d{1,15})\.pt")


def export_model(directory: RunDirectory, to: Path) -> int:
    """Copy what a run kept last of what it trains to `to`, a file for `torch.load`, and give the
    step it is of. Raises `RunError` where nothing was kept, or `to` can't be written."""
    kept = {int(found[1]): path for path, found in _files(directory)}
    if not kept:
        raise RunError(f"No model of {directory.id} was kept: S keeps one while a script trains.")
    step = max(kept)
    try:
        with kept[step].open("rb") as source, replacing(to, mode=0o666) as file:
            shutil.copyfileobj(source, file)
    except OSError as error:
        raise RunError(f"{to} can't be written ({error.strerror or error}).") from error
    return step


def _files(directory: RunDirectory) -> list[tuple[Path, re.Match[str]]]:
    try:
        paths = list((directory.path / "checkpoints").iterdir())
    except OSError:  # none was ever kept
        return []
    return [(path, found) for path in paths if (found := _KEPT.fullmatch(path.name))]
