"""A file of measurements made elsewhere, as a run among the others: to be looked at, overlaid and
compared, never to be gone on with."""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from tui_lab.annotation import LONGEST_NAME, Annotation
from tui_lab.declaration import to_json
from tui_lab.errors import HomeError, UsageError
from tui_lab.exchange.epochs import are_epochs_lost
from tui_lab.exchange.event_source import event_runs, read_events
from tui_lab.exchange.formats import is_event_file
from tui_lab.exchange.gathered import Gathered
from tui_lab.exchange.imported_log import events_of, last_values
from tui_lab.exchange.table_source import read_csv, read_jsonl
from tui_lab.experiment import Curve, Experiment, Metric
from tui_lab.run import IMPORTED, RunRequest, RunStatus, new_run_id
from tui_lab.runs.annotations import annotate
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog
from tui_lab.runs.status import StatusRecord
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.series import number

_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")
_LONGEST = 60
_MOST_CURVES = 60
_STAGING = ".import-"
_ABANDONED = 86400.0
"""Seconds after which what is still being made will never be."""
_SETS = ("train", "val", "valid", "validation", "test", "eval")
"""What metrics of one quantity begin with: they share a chart."""


@dataclass(frozen=True)
class Imported:
    """One run that was made."""

    run: RunDirectory
    rows: int
    """Numbers of the metric that has most."""
    metrics: int
    left_out: Sequence[str]
    """Columns and tags that are not numbers."""
    epochs_lost: bool = False
    """Whether rows of steps said their epoch, and no length of epochs fits all of them."""


def import_runs(
    path: Path, runs: Path, now: datetime, *, name: str = "", experiment: Experiment | None = None
) -> Iterator[Imported]:
    """Make runs in the directory `runs` of what a file or a directory of event files holds, one
    after the other, each whole or not at all. `experiment` is what they are said to be of. Raises
    `UsageError`, which names what is wrong and where, before anything is made of that."""
    Annotation().changed(name=name)
    parts = _parts(path)
    if name and len(parts) > 1:
        raise UsageError(f"{len(parts):,} runs can't have one name; {path} holds so many.")
    for part, read in parts.items():
        gathered = read()
        gathered.settle()
        if not gathered.keys:
            where = f"{path}/{plain(part)}" if part else str(path)
            raise UsageError(f"{where} can't be imported: it holds no numbers.")
        yield _made(path, gathered, runs, now, name or _name_of(part), experiment)


def _name_of(part: str) -> str:
    """What a run is called after its directory, whatever that is called: of a long path the end."""
    shown = plain("".join(c if c.isprintable() else " " for c in part), len(part) + 1).strip()
    return shown if len(shown) <= LONGEST_NAME else f"…{shown[1 - LONGEST_NAME :]}"


def _parts(path: Path) -> Mapping[str, Callable[[], Gathered]]:
    """What reads each run that there is, by its name: that of the directory it lies in, where there
    is one; else none."""
    if not path.exists():
        raise UsageError(f"{path} does not exist.")
    if path.is_dir() or is_event_file(path.name):
        return {part: partial(read_events, files) for part, files in event_runs(path).items()}
    readers = {".csv": read_csv, ".jsonl": read_jsonl, ".ndjson": read_jsonl}
    if path.suffix.lower() not in readers:
        raise UsageError(
            f"{path} can't be imported: it is a .csv, a .jsonl, TensorBoard's event file or a "
            "directory of those."
        )
    return {"": partial(readers[path.suffix.lower()], path)}


def _made(
    path: Path,
    gathered: Gathered,
    runs: Path,
    now: datetime,
    name: str,
    experiment: Experiment | None,
) -> Imported:
    declared = experiment or declaration_of(path, gathered)
    request = RunRequest(
        experiment=declared.name,
        program=IMPORTED,
        hyperparameters={},
        imported=str(path.absolute()),
        declaration=None if experiment is not None else to_json(declared),
    )
    run = _written(gathered, request, runs, now, name)
    rows = max(len(points.values) for points in gathered.points.values())
    left_out = list(gathered.left_out)
    return Imported(run, rows, len(gathered.keys), left_out, are_epochs_lost(gathered))


def _written(
    gathered: Gathered, request: RunRequest, runs: Path, now: datetime, name: str
) -> RunDirectory:
    """The run's directory, made elsewhere and moved to its place once it is whole."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        _sweep(runs)
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=runs))
    except OSError as error:
        raise HomeError(f"No run can be made in {runs} ({error.strerror or error}).") from error
    try:
        made = RunDirectory.create(staging, request, now)
        _fill(made, gathered)
        if name:
            annotate(made.path, name=name)
        return RunDirectory(_moved(made.path, runs, request.experiment, now))
    except OSError as error:
        raise HomeError(f"No run can be made in {runs} ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _moved(made: Path, runs: Path, experiment: str, now: datetime) -> Path:
    """The run at its place among the others, by another name where one of the same second has drawn
    the same."""
    name = made.name
    while True:
        try:
            return made.rename(runs / name)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise
            name = new_run_id(experiment, now)


def _sweep(runs: Path) -> None:
    """Remove what imports that were killed have left."""
    for left in runs.glob(f"{_STAGING}*"):
        with suppress(FileNotFoundError):  # another import has just ended, or swept it
            if time.time() - left.stat().st_mtime > _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)


def _fill(run: RunDirectory, gathered: Gathered) -> None:
    log = RunLog(run.events_path)
    try:
        for event in events_of(gathered):
            log.append(event)
            if log.unwritten > 64:
                log.flush()
    finally:
        log.close()
    last = last_values(gathered)
    step = max(max(points.steps) for points in gathered.points.values())
    epoch = max(max(points.epochs) for points in gathered.points.values())
    metrics = {key: number(value) for key, value in last.items()}
    run.reserve_path.unlink(missing_ok=True)
    run.write_status(
        StatusRecord(status=RunStatus.FINISHED, step=step, epoch=epoch, metrics=metrics)
    )


def declaration_of(path: Path, gathered: Gathered) -> Experiment:
    """What can be said of measurements that nobody has declared: their metrics, and a chart for
    those of one quantity."""
    keys = gathered.measured
    metrics = [Metric(key, f"imported from {path.name}", _direction(key)) for key in keys]
    return Experiment(
        name="import-" + (_NO_NAME.sub("-", path.stem).strip("-")[:_LONGEST].strip("-") or "run"),
        title=path.name,
        chapter="Imported",
        summary=f"Imported from {path.name}.",
        hyperparameters=(),
        metrics=tuple(metrics),
        pictures=tuple(_curves(gathered))[:_MOST_CURVES],
        program=IMPORTED,
    )


def _curves(gathered: Gathered) -> Iterator[Curve]:
    evaluated = {key for kind, key in gathered.points if kind in ("epoch", "evaluation")}
    groups: dict[str, list[str]] = {}
    for key in gathered.measured:
        first, _, rest = key.partition("/")
        groups.setdefault(rest if first in _SETS and rest else key, []).append(key)
    for title, keys in groups.items():
        by_epoch = not evaluated.isdisjoint(keys)
        yield Curve(title, tuple(keys), every="epoch" if by_epoch else "step")


def _direction(key: str) -> Literal["minimize", "maximize"] | None:
    if "loss" in key or "error" in key:
        return "minimize"
    return "maximize" if "acc" in key else None
