"""A script of a person's own that is watched: how it is run, and what is found of its training."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui_lab import checks
from tui_lab.experiment import Experiment

_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, kw_only=True)
class Script:
    """A script with its arguments, as a person would run it: `python PATH ARGUMENTS` or
    `python -m MODULE ARGUMENTS`, in a directory."""

    path: str = ""
    module: str = ""
    arguments: Sequence[str] = ()
    directory: str

    @property
    def name(self) -> str:
        """How a person speaks of it: `train.py`."""
        return Path(self.path).name if self.path else self.module

    @property
    def words(self) -> list[str]:
        """As they are typed."""
        return [self.path, *self.arguments] if self.path else ["-m", self.module, *self.arguments]

    @property
    def experiment(self) -> str:
        """What its runs are called: `watch-train`, which no experiment is."""
        stem = Path(self.path).stem if self.path else self.module
        return "watch-" + (_NO_NAME.sub("-", stem).strip("-") or "script")

    @classmethod
    def from_json(cls, data: Any) -> Script:
        """The script in a decoded object; raises `ValueError`, which names the field."""
        return cls(**checks.fields(data, _CHECKS, ("directory",)))


CHAPTER = "Your scripts"
PROGRAM = "tui_lab.worker.script.program:ScriptProgram"


def is_script(experiment: Experiment) -> bool:
    """Whether it is what was found of a script, and not declared by anyone."""
    return experiment.program == PROGRAM


def undeclared(script: Script) -> Experiment:
    """What can be said of a script before it trains: its name."""
    return Experiment(
        name=script.experiment,
        title=script.name,
        chapter=CHAPTER,
        summary=f"{script.name}, watched as it is.",
        hyperparameters=(),
        metrics=(),
        pictures=(),
        program=PROGRAM,
    )


_CHECKS: Mapping[str, checks.Check] = {
    "path": checks.text,
    "module": checks.name,
    "arguments": lambda value: tuple(checks.listed(checks.text)(value)),
    "directory": checks.text,
}


@dataclass(frozen=True, kw_only=True)
class TrainingFound:
    """What a watched script trains is known, or known better than before."""

    t: float
    step: int
    declaration: Mapping[str, Any]
    """Its knobs, metrics and curves, as `tui_lab.declaration` writes them."""
    parameters: Sequence[Mapping[str, Any]] = ()
    """As in `RunStarted`."""
    device: str = ""
    steps_per_epoch: int = 0
    """0 while it is not known."""
    total_steps: int = 0
    source: Sequence[str] = ()
    """The lines of the file in which its backward passes are."""
    source_file: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The values of its knobs now, in their JSON form."""
