"""`tui-lab stop`: end a run that is going on."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.selection import add_run, catalogue, find_run
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import RunError, RunNotLive
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.worker.client import stop_run


def configure(parser: Parser) -> None:
    """Declares RUN."""
    add_run(parser)


def execute(
    arguments: Namespace, console: Console, stop: Callable[[RunDirectory], RunStatus] = stop_run
) -> ExitStatus:
    """Stops the run: by command, and by force when its worker does not answer."""
    run = find_run(arguments, catalogue(), "stop")
    if run.status().is_finished:
        raise RunNotLive(f"{run.id} is not running; it is {run.status()}.")
    status = stop(run)
    if not status.is_finished:
        raise RunError(_not_stopped(run, status))
    console.say(f"{run.id} is {status} after step {run.status_record().step:,}.")
    return ExitStatus.FINISHED


def _not_stopped(run: RunDirectory, status: RunStatus) -> str:
    """What was seen of a run that goes on."""
    host = run.status_record().host
    if host not in ("", host_name()):
        return f"{run.id} is {status} on {host}; it was asked to stop and has not ended yet."
    return (
        f"{run.id} is still {status}: it did not answer, and no process could be made out as its "
        "worker for certain, so none was ended."
    )


STOP = Subcommand("stop", "end a run that is going on", configure, execute)
