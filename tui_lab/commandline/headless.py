"""Training a run in a worker, without a screen: started, followed to its end, and told."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from tui_lab.commandline.console import Console
from tui_lab.commandline.damage import say_damage
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.interruption import Interruption
from tui_lab.commandline.progress import Progress
from tui_lab.commandline.report import fold_log, print_report, print_trouble
from tui_lab.commandline.result import json_pieces
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.client import stop_run
from tui_lab.worker.process import start_run

if TYPE_CHECKING:  # numpy comes with it
    from tui_lab.history import History

_POLL = 0.05
"""Seconds between two looks at the log."""
_GRACE = 1.5
"""Seconds a worker that has stopped or finished gets for leaving before it is signalled."""


class Worker(Protocol):
    """A started worker, as `start_run` gives it."""

    @property
    def pid(self) -> int:
        """Its process id, and that of its process group."""

    def poll(self) -> int | None:
        """Its exit status, None while it lives."""


@dataclass(frozen=True)
class Workers:
    """How `run` starts and ends a worker, and how it waits."""

    start: Callable[[RunDirectory], Worker] = start_run
    stop: Callable[[RunDirectory], object] = stop_run
    sleep: Callable[[float], None] = time.sleep


class Ending(Enum):
    """Why the headless run is over."""

    BY_ITSELF = "the worker ended"
    INTERRUPTED = "a person or the system asked"
    HELD = "the worker paused and nobody is there to help it"


def train(
    run: RunDirectory,
    experiment: Experiment,
    console: Console,
    interruption: Interruption,
    workers: Workers,
) -> Ending:
    """Starts the run's worker and follows its log until it ends or has to be ended. What a run
    that is taken up has behind it is taken in first, in silence."""
    # numpy comes with it, and `--help` must not wait for that.
    from tui_lab.history import History

    history = History(run.events_path)
    progress = Progress(console, history.view(experiment), run.request().schedule)
    progress.catch_up(history)
    progress.note(run.id)
    worker = workers.start(run)
    try:
        ending = _follow(run, worker, history, progress, interruption, workers)
        if ending is not Ending.BY_ITSELF:
            _end(run, worker, progress, workers, ending)
    except KeyboardInterrupt:
        progress.note(f"Not waiting any longer; if {run.id} still runs, tui-lab stop ends it.")
        raise
    finally:
        progress.clear()
    return ending


def conclude(
    run: RunDirectory, experiment: Experiment, ending: Ending, console: Console, *, as_json: bool
) -> ExitStatus:
    """Prints what came of a run and says it to the shell."""
    view = fold_log(run, experiment)
    if as_json:
        console.print_json_pieces(json_pieces(run, view))
    else:
        print_report(run, view, console)
    print_trouble(run, view, console)
    lost = say_damage(run, view.damage, console)
    return ExitStatus.FAILED if lost else exit_status(run.status(), ending)


def exit_status(status: RunStatus, ending: Ending) -> ExitStatus:
    """A run's end as an exit status; one that finished while being interrupted has finished."""
    if ending is Ending.HELD:
        return ExitStatus.FAILED
    if status is RunStatus.FINISHED:
        return ExitStatus.FINISHED
    if status is RunStatus.STOPPED or ending is Ending.INTERRUPTED:
        return ExitStatus.INTERRUPTED
    return ExitStatus.FAILED


def _follow(
    run: RunDirectory,
    worker: Worker,
    history: History,
    progress: Progress,
    interruption: Interruption,
    workers: Workers,
) -> Ending:
    patience = round(_GRACE / _POLL)
    while not interruption.requested:
        ended = worker.poll() is not None  # asked first, so that what came before is still read
        _fold(history, progress)
        if ended:
            return Ending.BY_ITSELF
        if progress.ended:  # all is said; what its program left running can't hold it up
            patience -= 1
            if not patience:
                os.killpg(worker.pid, signal.SIGKILL)
        if _why_held(run, progress):
            return Ending.HELD
        progress.show()
        workers.sleep(_POLL)
    return Ending.INTERRUPTED


def _fold(history: History, progress: Progress) -> None:
    while events := history.read():
        for event in events:
            progress.fold(event)


def _why_held(run: RunDirectory, progress: Progress) -> str:
    """Why the worker paused by itself; on a full disk only the status file can say it."""
    if progress.pause_reason:
        return progress.pause_reason
    record = run.status_record()
    return record.error if record.status is RunStatus.PAUSED else ""


def _end(
    run: RunDirectory, worker: Worker, progress: Progress, workers: Workers, ending: Ending
) -> None:
    if ending is Ending.HELD:
        progress.note(f"The run can't go on: {_why_held(run, progress)}")
    progress.note("stopping …")
    workers.stop(run)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _is_gone(worker, workers):
            break
        os.killpg(worker.pid, number)
    if worker.poll() is not None and run.status_record().status is RunStatus.PENDING:
        # It had not begun, nobody else will.
        run.write_status(replace(run.status_record(), status=RunStatus.STOPPED))


def _is_gone(worker: Worker, workers: Workers) -> bool:
    """Whether the process ended; one that is still importing torch hears no command."""
    for _ in range(round(_GRACE / _POLL)):
        if worker.poll() is not None:
            return True
        workers.sleep(_POLL)
    return False
