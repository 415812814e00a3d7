"""`tui-lab stop`: end a run that is going on."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable

from tui_lab.commandline.command import Command
from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.selection import add_run, catalogue, find_run
from tui_lab.errors import RunNotLive
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.client import stop_run

_POLL = 0.05


def configure(parser: Parser) -> None:
    """Declares RUN."""
    add_run(parser)


def execute(
    arguments: Namespace, console: Console, stop: Callable[[RunDirectory], object] = stop_run
) -> ExitStatus:
    """Stops the run: by command, and by force when its worker does not answer."""
    run = find_run(arguments, catalogue(), "stop")
    while run.status() is RunStatus.PENDING and not run.is_live():
        time.sleep(_POLL)  # a worker that is still importing torch hears no command
    if not run.is_live():
        raise RunNotLive(f"{run.id} is not running; it is {run.status()}.")
    stop(run)
    console.say(f"{run.id} is {run.status()} after step {run.status_record().step:,}.")
    return ExitStatus.FINISHED


STOP = Command("stop", "end a run that is going on", configure, execute)
