"""What a watched script was when it was run: its text, its commit, what it was told by the
environment."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tui_lab.watching import Script

SOURCE, DIFF, ORIGIN = "script.py", "script.diff", "origin.json"
_NAMED = ("PYTHONPATH", "PYTHONHASHSEED", "VIRTUAL_ENV", "CONDA_PREFIX")
_PREFIXES = ("CUDA_", "OMP_", "MKL_", "NCCL_", "PYTORCH_", "TORCH_", "HF_", "RANK", "WORLD_SIZE")
_TIMEOUT = 5.0
_LONGEST = 1 << 20
"""Characters of a difference that are kept."""


@dataclass(frozen=True)
class Provenance:
    """Everything that is kept beside a run's log, so that one knows later what it was."""

    source: str
    """The script's text; empty for a module."""
    commit: str
    """Of the repository that it lies in; empty where it lies in none."""
    diff: str
    """What is changed there since."""
    environment: Mapping[str, str]
    """The variables that torch and its like read."""

    def write(self, run: Path) -> None:
        """Keep it in a run's directory; raises `OSError`."""
        if self.source:
            (run / SOURCE).write_text(self.source, "utf-8")
        if self.diff:
            (run / DIFF).write_text(self.diff[:_LONGEST], "utf-8")
        origin = {"commit": self.commit, "dirty": bool(self.diff)}
        origin_and_more = origin | {"environment": dict(self.environment)}
        (run / ORIGIN).write_text(json.dumps(origin_and_more, indent=1), "utf-8")


def provenance(script: Script, environ: Mapping[str, str] = os.environ) -> Provenance:
    """What can be found out about a script; nothing of it is run."""
    path = Path(script.path)
    where = path.parent if script.path else Path(script.directory)
    return Provenance(
        source=path.read_text("utf-8", "replace") if script.path else "",
        commit=_git(where, "rev-parse", "HEAD").strip(),
        diff=_git(where, "diff", "HEAD"),
        environment={k: v for k, v in environ.items() if k in _NAMED or k.startswith(_PREFIXES)},
    )


def _git(directory: Path, *words: str) -> str:
    """What git says; empty where it says nothing, or is not there."""
    command = ["git", "-C", str(directory), *words]
    try:
        said = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.decode("utf-8", "replace")
