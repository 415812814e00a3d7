"""Runs that train together: which may, their directories, and who they are.

A population is a name that the run.json of each of its members has, and a list of them in the
directory of the first, whose worker trains them all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tui_lab import checks
from tui_lab.errors import RunUnreadable
from tui_lab.experiment import Experiment
from tui_lab.run import RunRequest, is_run_id, new_run_id
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.object_file import ObjectFile
from tui_lab.runs.regular_file import read_regular
from tui_lab.together import MOST_MEMBERS

_FILE = "population.json"
_LONGEST = 8 << 20
"""Bytes of a run.json that are looked at."""
_ALIKE = ("experiment", "program", "plugin", "sha256", "device", "threads", "data", "guard")


def refusal(experiment: Experiment, request: RunRequest) -> str:
    """Why such a run trains by itself, in one sentence; empty where it may train with others."""
    name = experiment.name
    if experiment.demonstration:
        return f"{name} is a demonstration: it takes no steps that could be taken together."
    if experiment.together is None:
        return f"{name} does not declare which of its runs may train together."
    if request.schedule:
        return "What is planned for a step is for a run that trains by itself."
    if request.hold is not None or request.interactive or request.parent:
        return "A run that holds still, or goes on from another, trains by itself."
    if request.guard == "hold":
        return "guard=hold goes back and takes a step again, which a run does by itself."
    return experiment.together.refusal(experiment.choose(request.hyperparameters))


def batches(experiment: Experiment, requests: Sequence[RunRequest]) -> list[list[int]]:
    """The indices of requests that may train together, in the order of the first of each; one that
    may not is alone."""
    found: dict[object, list[int]] = {}
    for index, request in enumerate(requests):
        key = index if refusal(experiment, request) else shared(experiment, request)
        found.setdefault(key, []).append(index)
    return [
        indices[first : first + MOST_MEMBERS]
        for indices in found.values()
        for first in range(0, len(indices), MOST_MEMBERS)
    ]


def create_population(
    runs: Path, requests: Sequence[RunRequest], now: datetime
) -> list[RunDirectory]:
    """Make the directories of runs that train together; the worker of the first trains them all.
    Raises `HomeError` where they can't be written."""
    name = new_run_id(requests[0].experiment, now)
    named = (replace(r, population=name, member=k) for k, r in enumerate(requests))
    return join([RunDirectory.create(runs, request, now) for request in named])


def join(members: Sequence[RunDirectory]) -> list[RunDirectory]:
    """Have runs that are written down trained together by the worker of the first."""
    ids = [member.id for member in members]
    ObjectFile(members[0].path, _FILE).write({"members": ids}, durable=True)
    return list(members)


def members(run: RunDirectory) -> list[RunDirectory]:
    """The runs that the worker of this one trains: none for one that trains by itself, or is taken
    up again. Raises `RunUnreadable`."""
    try:
        ids = ObjectFile(run.path, _FILE).checked(_ids)
    except RunUnreadable as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return []
        raise
    if run.resumption() is not None:
        return []
    return [RunDirectory(run.path.parent / name) for name in ids]


def companions(run: RunDirectory) -> tuple[str, ...]:
    """The names of the runs that trained with this one and are still there, itself among them, by
    their numbers; raises `RunUnreadable` where it trained by itself."""
    request = run.request()
    if not request.population:
        raise RunUnreadable(f"{run.id} trained by itself.")
    others = _made_since(run.path.parent, request)
    return _listed(run, others) or _read(run, request, others)


def _listed(run: RunDirectory, others: Sequence[Path]) -> tuple[str, ...]:
    """As the list says that the first of them has; empty where that is gone."""
    for path in others:
        with suppress(RunUnreadable):
            ids = ObjectFile(path, _FILE).checked(_ids)
            if run.id in ids:
                there = {each.name for each in others}
                return tuple(each for each in ids if each in there)
    return ()


def _read(run: RunDirectory, request: RunRequest, others: Sequence[Path]) -> tuple[str, ...]:
    """As each says itself."""
    found = {request.member: run.id}
    for path in others:
        with suppress(RunUnreadable):  # whoever can't be read is nobody's companion
            if (member := _number_in(request.population, RunDirectory(path))) is not None:
                found.setdefault(member, path.name)
    return tuple(found[member] for member in sorted(found))


def _made_since(runs: Path, request: RunRequest) -> list[Path]:
    """Runs of the same experiment that are not older than its population: that is named first."""
    oldest = request.population.rpartition("-")[0]
    with os.scandir(runs) as entries:
        names = [each.name for each in entries if each.name.startswith(f"{request.experiment}-")]
    return [runs / name for name in sorted(names) if is_run_id(name) and name >= oldest]


def _number_in(population: str, run: RunDirectory) -> int | None:
    """The run's number in it; None for one that is not of it. A thousand others are passed over in
    a few milliseconds: what does not hold the name is not read any further."""
    with suppress(OSError):
        if population.encode() in read_regular(run.path / "run.json", _LONGEST):
            request = run.request()
            return request.member if request.population == population else None
    return None


def _ids(data: Mapping[str, Any]) -> tuple[str, ...]:
    ids = tuple(checks.listed(checks.name)(data.get("members")))
    if not ids or len(ids) > MOST_MEMBERS or any("/" in each or each == ".." for each in ids):
        raise ValueError("members is no list of runs")
    return ids


def shared(experiment: Experiment, request: RunRequest) -> object:
    """What such runs have in common that may train together; can be hashed."""
    differ = experiment.together.differ if experiment.together else ()
    apart = experiment.together.apart if experiment.together else ()
    values = experiment.choose(request.hyperparameters)
    fixed = tuple((name, value) for name, value in values.items() if name not in differ)
    edges = tuple((name, values[name]) for name in apart if values[name] in (0.0, 1.0))
    return fixed, edges, tuple(getattr(request, name) for name in _ALIKE)
