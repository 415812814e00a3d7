"""A run as a row of a list: what its own small files say of it, without its log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_lab import checks
from tui_lab.annotation import Annotation
from tui_lab.errors import RunUnreadable
from tui_lab.experiment import Experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.annotations import read_annotation
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.status import StatusRecord


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """One row of the list of runs."""

    id: str
    experiment: str
    """Empty when the directory can't be read."""
    status: RunStatus
    """CRASHED also for a directory that can't be read; `readable` tells the two apart."""
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    """In their JSON form."""
    seed: int = 0
    device: str = ""
    """As asked for."""
    threads: int = 0
    """As asked for; 0 for as many as are fastest."""
    created: datetime
    step: int = 0
    epoch: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    changed: Mapping[str, Any] = field(default_factory=dict)
    """The last value of every hyperparameter that was changed while it ran, in its JSON form."""
    error: str = ""
    """Why the run failed, or why its directory can't be read."""
    live: bool = False
    """Whether a worker drives it now."""
    parent: str = ""
    """The run it was branched from, after `parent_step`; empty for none."""
    parent_step: int = 0
    plugin: str = ""
    """The file that declares its experiment, where that is not an installed one: never run here."""
    sha256: str = ""
    """Of that file's text when the run was made; empty in runs made before it was kept."""
    declared: Experiment | None = None
    """What that file declared then; None as above."""
    script: bool = False
    """Whether it is of a script that was watched."""
    study: str = ""
    """The study that it is a run of a trial of; empty for none."""
    trial: int = -1
    """The number of that trial; -1 for none."""
    imported: str = ""
    """The file that its measurements were imported from; empty for a run of the lab."""
    population: str = ""
    """The population that it trained in; empty for a run that trained by itself."""
    member: int = -1
    """Its number in that population, from 0; -1 for none."""
    name: str = ""
    """What a person called it."""
    note: str = ""
    tags: tuple[str, ...] = ()
    readable: bool = True


def summarized(directory: RunDirectory) -> RunSummary:
    """What the run's own files say of it; raises `RunUnreadable`."""
    request = directory.request()
    record = directory.status_record()
    status = record.status
    if not status.is_finished:
        # Read again once the status is settled: a worker that ended meanwhile left a last record.
        status = directory.status()
        record = directory.status_record()
    annotation, damage = _annotation(directory.path)
    return RunSummary(
        id=directory.id,
        experiment=request.experiment,
        status=status,
        hyperparameters=request.hyperparameters,
        seed=request.seed,
        device=request.device,
        threads=request.threads,
        created=_created(directory.path, request),
        step=record.step,
        epoch=record.epoch,
        metrics=record.metrics,
        changed=record.changed,
        error=" ".join((*_complaints(status, record, request), *damage)),
        live=not status.is_finished,
        **vars(annotation),
        **_kin(request),
        **_origin(request),
    )


def _origin(request: RunRequest) -> dict[str, Any]:
    """What the run is of, where that is no installed experiment."""
    return {
        "plugin": request.plugin,
        "sha256": request.sha256,
        "declared": request.declared,
        "script": request.script is not None,
        "imported": request.imported,
    }


def _kin(request: RunRequest) -> dict[str, Any]:
    """What the run belongs to."""
    names = ("parent", "parent_step", "study", "trial", "population", "member")
    return {name: getattr(request, name) for name in names}


def _annotation(run: Path) -> tuple[Annotation, list[str]]:
    try:
        return read_annotation(run), []
    except RunUnreadable as error:
        return Annotation(), [str(error)]


def _complaints(status: RunStatus, record: StatusRecord, request: RunRequest) -> Iterator[str]:
    if record.error:
        yield record.error
    elif status is RunStatus.CRASHED:
        yield "The worker vanished without a last event."
    if request.created and checks.moment(request.created, datetime.now(UTC)) is None:
        yield f"It can't have been made at {request.created[:40]!r}, as it says."


def unreadable(path: Path, reason: str) -> RunSummary:
    """What can be said of a directory that can't be read."""
    return RunSummary(
        id=path.name,
        experiment="",
        status=RunStatus.CRASHED,
        created=_created(path, None),
        error=reason,
        readable=False,
    )


def _created(path: Path, request: RunRequest | None) -> datetime:
    """When the run was made, by its own word, else by its name; a time that can't be is neither."""
    now = datetime.now(UTC)
    found = (checks.moment(text, now) for text in _times(path, request))
    return next(filter(None, found), datetime.fromtimestamp(0, UTC))


def _times(path: Path, request: RunRequest | None) -> Iterator[str]:
    if request is not None:
        yield request.created
    _, day, time, _ = path.name.rsplit("-", 3)
    yield f"{day}T{time}"
