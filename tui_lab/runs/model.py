"""Models of watched scripts, as they were kept when someone asked for that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tui_lab.runs.checkpoints import checkpoints_path
from tui_lab.runs.directory import RunDirectory

_KEPT = re.compile(r"model-(\d{1,15})\.pt")


def kept_models(directory: RunDirectory) -> Mapping[int, Path]:
    """The files of what a script trains, by the step after which each was kept."""
    try:
        paths = list(checkpoints_path(directory.path).iterdir())
    except OSError:  # none was ever kept
        return {}
    return {int(found[1]): path for path in paths if (found := _KEPT.fullmatch(path.name))}
