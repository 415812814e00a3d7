"""`tui-lab run --seeds N`: the same run from many seeds, together as one population where that can
be, and how far what comes of it is spread."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.headless import Ending, Workers, train
from tui_lab.commandline.interruption import Interruption
from tui_lab.commandline.progress import Progress
from tui_lab.commandline.table import elapsed_text, number_text, table
from tui_lab.config import runs_directory
from tui_lab.errors import RunError, RunUnreadable
from tui_lab.experiment import Experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import finite
from tui_lab.runs.populations import batches, create_population, refusal
from tui_lab.together import CURE
from tui_lab.view_models.spread import spread

if TYPE_CHECKING:  # numpy comes with it
    from tui_lab.history import History

_POLL = 0.05
"""Seconds between two looks at the log."""
_GRACE = 10.0
"""Seconds that a population gets for its last events before it is killed."""


@dataclass(frozen=True)
class Sown:
    """What came of the runs of all seeds."""

    runs: Sequence[RunDirectory]
    is_interrupted: bool
    seconds: float

    @property
    def populations(self) -> Sequence[str]:
        """The names of those that trained as one; none where each trained by itself."""
        return sorted({run.request().population for run in self.runs} - {""})


def run_seeds(
    experiment: Experiment,
    request: RunRequest,
    count: int,
    console: Console,
    workers: Workers,
    *,
    as_json: bool,
) -> ExitStatus:
    """Trains `count` runs, with the request's seed and those after it, and prints how their final
    metrics are spread."""
    requests = [replace(request, seed=request.seed + k) for k in range(count)]
    if why := refusal(experiment, request):
        console.say(f"{why} The {count} runs train one after another.")
    sown = _sown(experiment, requests, console, workers)
    if as_json:
        console.print_json(_result(request, sown))
    else:
        _print_spread(experiment, request, sown, console)
    return _exit_status(sown)


def _sown(
    experiment: Experiment, requests: Sequence[RunRequest], console: Console, workers: Workers
) -> Sown:
    """Trains all of them, or those before an interruption."""
    begun, found = datetime.now(UTC), batches(experiment, requests)
    runs: list[RunDirectory] = []
    with Interruption() as interruption:
        for batch in found:
            if interruption.requested:
                break
            asked = [requests[k] for k in batch]
            runs += _trained(experiment, asked, console, interruption, workers)
        stopped = interruption.requested
    seconds = (datetime.now(UTC) - begun).total_seconds()
    return Sown(runs, stopped, seconds)


def _trained(
    experiment: Experiment,
    requests: Sequence[RunRequest],
    console: Console,
    interruption: Interruption,
    workers: Workers,
) -> list[RunDirectory]:
    if len(requests) > 1:
        members = create_population(runs_directory(), requests, datetime.now(UTC))
        _train_together(members, experiment, console, interruption, workers)
        if not (why := _parted(members)):
            return members
        console.say(f"{why} The {len(members)} runs train one after another.")
        _discard(members)
    runs: list[RunDirectory] = []
    for request in requests:
        if interruption.requested:
            break
        runs.append(RunDirectory.create(runs_directory(), request, datetime.now(UTC)))
        if train(runs[-1], experiment, console, interruption, workers) is Ending.HELD:
            console.say(f"{runs[-1].id} could not go on; the next seed is tried.")
    return runs


def _parted(members: Sequence[RunDirectory]) -> str:
    """Why they could not train together once their program was looked at; empty where they did."""
    for member in members:
        with suppress(RunUnreadable):
            if (error := member.status_record().error).endswith(CURE):
                return error.removesuffix(CURE).rstrip()
    return ""


def _discard(members: Sequence[RunDirectory]) -> None:
    """Nothing is left of those that have measured nothing: others take their place."""
    catalogue = Catalogue(runs_directory())
    for member in members:
        if not _final(member):
            with suppress(RunError):  # it stays in the list, as failed
                catalogue.delete(member.id)


def _train_together(
    members: Sequence[RunDirectory],
    experiment: Experiment,
    console: Console,
    interruption: Interruption,
    workers: Workers,
) -> None:
    """Starts the worker of a population and follows its first member until all have ended."""
    from tui_lab.history import History  # numpy comes with it, and `--help` must not wait for that

    history = History(members[0].events_path)
    progress = Progress(console, history.view(experiment))
    progress.note(f"{members[0].id} and {len(members) - 1} others train as one population")
    worker = workers.start(members[0])
    left = _GRACE
    try:
        while worker.poll() is None:
            _fold(history, progress)
            if interruption.requested or _is_held(members[0]):
                if left == _GRACE:
                    progress.note("stopping …")
                if left == _GRACE or left <= 0:
                    os.killpg(worker.pid, signal.SIGTERM if left > 0 else signal.SIGKILL)
                left -= _POLL
            progress.show()
            workers.sleep(_POLL)
        _fold(history, progress)
    finally:
        progress.clear()


def _fold(history: History, progress: Progress) -> None:
    while events := history.read():
        for event in events:
            progress.fold(event)


def _is_held(run: RunDirectory) -> bool:
    """Whether the worker holds still for want of room: nobody is there to make some."""
    record = run.status_record()
    return record.status is RunStatus.PAUSED and "free some" in record.error


def _exit_status(sown: Sown) -> ExitStatus:
    statuses = {run.status() for run in sown.runs}
    if statuses == {RunStatus.FINISHED} and not sown.is_interrupted:
        return ExitStatus.FINISHED
    if sown.is_interrupted or statuses <= {RunStatus.FINISHED, RunStatus.STOPPED}:
        return ExitStatus.INTERRUPTED
    return ExitStatus.FAILED


def _final(run: RunDirectory) -> dict[str, float]:
    """Its last metrics; none of a run that can't be read."""
    try:
        return dict(run.status_record().metrics)
    except RunUnreadable:
        return {}


def _spreads(sown: Sown) -> dict[str, dict[str, Any]]:
    finals = [_final(run) for run in sown.runs]
    keys = dict.fromkeys(key for final in finals for key in final)
    found = {}
    for key in keys:
        of = spread([float(final[key]) for final in finals if key in final])
        found[key] = {"median": of.median, "p5": of.low, "p95": of.high, "runs": of.count}
    return found


def _result(request: RunRequest, sown: Sown) -> Any:
    members = [
        {
            "run": run.id,
            "seed": run.request().seed,
            "status": run.status().value,
            "metrics": _final(run),
        }
        for run in sown.runs
    ]
    return finite(
        {
            "experiment": request.experiment,
            "hyperparameters": request.hyperparameters,
            "populations": sown.populations,
            "elapsed_s": round(sown.seconds, 3),
            "metrics": _spreads(sown),
            "members": members,
        }
    )


def _print_spread(
    experiment: Experiment, request: RunRequest, sown: Sown, console: Console
) -> None:
    counts: dict[str, int] = {}
    for run in sown.runs:
        status = run.status().value
        counts[status] = counts.get(status, 0) + 1
    ends = ", ".join(f"{n:,} {status}" for status, n in counts.items()) or "none begun"
    count = len(sown.populations)
    how = "as one population" if count == 1 else "one after another"
    if count > 1:
        how = f"as {count} populations"
    last = request.seed + max(0, len(sown.runs) - 1)
    seeds = f"seeds {request.seed}–{last}"
    console.print(f"{experiment.name}: {ends}, {seeds}, {how}, in {elapsed_text(sown.seconds)}")
    rows = [
        (key, *(number_text(of[name]) for name in ("median", "p5", "p95")))
        for key, of in _ordered(experiment, _spreads(sown)).items()
    ]
    if rows:
        console.print(table([("", "median", "5 %", "95 %"), *rows], indent="  "))
    if sown.runs:
        console.print(f"  in the lab: tui-lab attach {sown.runs[0].id}")


def _ordered(experiment: Experiment, found: dict[str, Any]) -> dict[str, Any]:
    """First what the experiment declares, in its order."""
    declared = [metric.key for metric in experiment.metrics if metric.key in found]
    return {key: found[key] for key in (*declared, *(k for k in found if k not in declared))}
