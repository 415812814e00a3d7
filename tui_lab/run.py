"""One execution of an experiment: its name, its request, its state."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, get_args

from tui_lab import checks
from tui_lab.commands import GuardMode, Unit
from tui_lab.declaration import checked, from_json
from tui_lab.experiment import Experiment
from tui_lab.schedule import Intervention
from tui_lab.watching import Script

FORMAT = 2
"""Version of a run's directory; a reader refuses newer ones. From 2 on the lines of the log are
numbered and carry checksums."""

SOURCE = "source.py"
"""In a run's directory: the person's own file that it was made of, as it was then."""

IMPORTED = "imported"
"""What stands in the place of the program of a run that was measured elsewhere."""

_ID = re.compile(r"[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*-\d{8}-\d{6}-[0-9a-f]{4}")


class RunStatus(StrEnum):
    """The state of a run."""

    PENDING = "pending"
    """Written down, no worker has started it yet."""
    RUNNING = "running"
    PAUSED = "paused"
    """A worker holds it still, between two steps or inside one."""
    FINISHED = "finished"
    """Took all its steps."""
    STOPPED = "stopped"
    """Ended early because it was asked to."""
    FAILED = "failed"
    """Its program raised; the error is in the log."""
    CRASHED = "crashed"
    """Its worker vanished without a last event."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.PAUSED)


def new_run_id(experiment: str, now: datetime) -> str:
    """`<experiment>-<yyyymmdd-hhmmss>-<4 hex>`: sorts by time within an experiment, unique."""
    return f"{experiment}-{now:%Y%m%d-%H%M%S}-{os.urandom(2).hex()}"


def only_looked_at(run_id: str, imported: str) -> str:
    """Why an imported run can't be gone on with, as a sentence."""
    return f"{run_id} was imported from {imported}: it can be looked at and compared, no more."


def is_run_id(text: str) -> bool:
    """Whether `text` has the shape of a run's name (and so is safe as a directory name)."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What a run was asked to be: run.json, written once before the worker starts."""

    experiment: str
    program: str
    """`module:Class` of the torch side."""
    hyperparameters: Mapping[str, Any]
    """In their JSON form."""
    seed: int = 0
    device: str = "auto"
    """`auto`, `cpu`, `cuda` or `cuda:N`, as asked for; the log says which it became."""
    threads: int = 0
    """Of torch; 0 for as many as are fastest. The log says how many it took."""
    script: Script | None = None
    """A person's own script that is run as it is, where the run is of one."""
    plugin: str = ""
    """Path of the user's own experiment file, when it is not an installed experiment."""
    sha256: str = ""
    """Of that file's text; empty in runs made before it was kept."""
    declaration: Mapping[str, Any] | None = None
    """What that file declares, as `tui_lab.declaration` writes it; None as above."""
    hold: Unit | None = None
    """Where the run first holds still: after a `phase`, a `step` or an `epoch`; None: nowhere."""
    interactive: bool = False
    """Whether a demonstration stays up and follows its knobs instead of ending."""
    data: str = ""
    """Directory to read data sets from, when one was given."""
    guard: GuardMode = "say"
    """What happens when a loss or a gradient is not finite."""
    schedule: Sequence[Intervention] = ()
    """What is done to it while it runs, in the order of steps."""
    parent: str = ""
    """The run this one was branched from; it lies in the same directory."""
    parent_step: int = 0
    """Steps of the parent that it goes on from."""
    weights_only: bool = False
    """Whether a branch takes the parent's parameters alone, and begins everything else anew."""
    study: str = ""
    """The study that it is a run of a trial of; empty for none."""
    trial: int = -1
    """The number of that trial; -1 for none."""
    imported: str = ""
    """The file that its measurements were imported from; empty for a run of the lab."""
    population: str = ""
    """The population that it trains in; empty for a run that trains by itself."""
    member: int = -1
    """Its number in that population, from 0; -1 for none."""
    created: str = ""
    """ISO 8601, UTC."""
    versions: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def declared(self) -> Experiment | None:
        """What the person's own file declared when the run was made; None where that is not kept,
        or the experiment is an installed one."""
        return None if self.declaration is None else from_json(self.declaration)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "schedule": [each.to_json() for each in self.schedule]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunRequest:
        """The request in `data`; fields of other minor versions are ignored. Raises `ValueError`,
        which names the field, for one that can't be what it says or is not there."""
        return cls(**checks.fields(data, _CHECKS, ("experiment", "program", "hyperparameters")))


_OF_FIELDS: Mapping[str, checks.Check] = {
    "experiment": checks.name,
    "program": checks.name,
    "hyperparameters": checks.mapped(checks.setting, checks.MOST_SETTINGS),
    "seed": checks.seed,
    "device": checks.name,
    "threads": checks.pid,
    "script": checks.optional(Script.from_json),
    "plugin": checks.text,
    "sha256": checks.name,
    "declaration": checks.optional(checked),
    "hold": checks.optional(checks.one_of(*get_args(Unit))),
    "interactive": checks.flag,
    "data": checks.text,
    "guard": checks.one_of(*get_args(GuardMode)),
    "schedule": lambda value: tuple(checks.listed(Intervention.from_json)(value)),
    "weights_only": checks.flag,
    "parent": checks.name,
    "parent_step": checks.whole,
    "study": checks.name,
    "trial": lambda value: checks.whole(value, -1),
    "imported": checks.text,
    "population": checks.name,
    "member": lambda value: checks.whole(value, -1),
    "created": checks.name,
    "versions": checks.mapped(checks.name, checks.MOST_SETTINGS),
    "format": checks.whole,
}
_CHECKS = {field: _OF_FIELDS[field] for field in RunRequest.__dataclass_fields__}
