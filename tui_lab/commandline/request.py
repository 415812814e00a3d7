"""From words on a command line to an experiment, its hyperparameters and the request for a run."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui_lab.commandline.interventions import is_intervention
from tui_lab.commands import GuardMode
from tui_lab.errors import UsageError
from tui_lab.experiment import Experiment, Preset
from tui_lab.plugins import declared_by, load_experiment
from tui_lab.run import RunRequest
from tui_lab.schedule import Intervention
from tui_lab.versions import current_versions

if TYPE_CHECKING:
    from tui_lab.worker.own_file import OwnFile

declared = declared_by
_OPTIONS = ("seed", "device", "threads", "data", "preset", "guard")


@dataclass(frozen=True)
class Chosen:
    """An experiment as named on the command line, and the file it came from if it was one."""

    experiment: Experiment
    plugin: str = ""
    own: OwnFile | None = None
    """The file itself, where it can be begun anew."""


def choose_experiment(text: str) -> Chosen:
    """The experiment of that name, or declared in that file; raises `TuiLabError`."""
    if text.endswith(".py") or os.sep in text:
        # The lab's first paint does not wait for what few have.
        from tui_lab.worker.own_file import constrained, read_own_file

        path = own_path(text)
        own = read_own_file(path)
        return Chosen(constrained(own), str(path), own)
    return Chosen(load_experiment(text))


def own_path(text: str) -> Path:
    """The one path by which a file is known, however it is typed."""
    return Path(os.path.abspath(Path(text).expanduser()))  # `..` has to go


def read_assignments(words: Sequence[str]) -> dict[str, str]:
    """`name=value` words as a mapping; raises `UsageError`."""
    values: dict[str, str] = {}
    for word in words:
        if is_intervention(word):
            raise UsageError(f"{word} is for tui-lab run; in the lab knobs are turned by hand.")
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word!r} is not of the form name=value.")
        if name in values:
            raise UsageError(f"{name} is given twice.")
        values[name] = value
    return values


def choose_values(
    experiment: Experiment, words: Sequence[str], preset: str | None
) -> dict[str, object]:
    """The values of a preset with those of the command line laid over them."""
    base = dict(find_preset(experiment, preset).values) if preset is not None else {}
    return {**base, **assigned_values(experiment, words)}


def assigned_values(experiment: Experiment, words: Sequence[str]) -> dict[str, str]:
    """`name=value` words by the hyperparameters' own names; raises `UsageError`."""
    values: dict[str, str] = {}
    for word, value in read_assignments(words).items():
        if word in _OPTIONS and word not in experiment.defaults:
            raise UsageError(f"{word} is an option: --{word} {value}".rstrip() + ".")
        name = experiment.named(word).name
        if name in values:
            raise UsageError(f"{name} is given twice.")
        values[name] = value
    return values


def idle_assignments(
    experiment: Experiment, words: Sequence[str], values: Mapping[str, object]
) -> list[str]:
    """A sentence for each hyperparameter given on the command line that does nothing beside the
    other `values`; raises `HyperparameterError` when these make no sense."""
    idle = experiment.idle(experiment.choose(values))
    return [f"{idle[name]}." for name in assigned_values(experiment, words) if name in idle]


def find_preset(experiment: Experiment, name: str) -> Preset:
    """The preset of that name; raises `UsageError` with the nearest one."""
    try:
        return experiment.preset(name)
    except KeyError:
        names = [preset.name for preset in experiment.presets]
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(names) or 'none'}."
        raise UsageError(f"{experiment.name} has no preset {name!r}; {hint}") from None


def request_run(
    chosen: Chosen,
    values: dict[str, object],
    *,
    seed: int,
    device: str,
    threads: int,
    data: str,
    guard: GuardMode,
    schedule: Iterable[Intervention],
    now: datetime,
) -> RunRequest:
    """What run.json will say; raises `HyperparameterError`."""
    experiment = chosen.experiment
    hyperparameters = experiment.choose(values)
    return RunRequest(
        experiment=experiment.name,
        program=experiment.program,
        hyperparameters=experiment.to_json(hyperparameters),
        seed=seed,
        device=device,
        threads=threads,
        **(chosen.own.of_request if chosen.own else {}),
        data=data,
        guard=guard,
        schedule=tuple(schedule),
        created=now.isoformat(timespec="seconds"),
        versions=current_versions(),
    )
