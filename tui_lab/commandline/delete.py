"""`tui-lab delete`: remove a run for good."""

from __future__ import annotations

from argparse import Namespace

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.selection import add_run, catalogue, find_run
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import UsageError


def configure(parser: Parser) -> None:
    """Declares RUN and `--yes`."""
    add_run(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Deletes the run after a person said yes; a live one is refused."""
    runs = catalogue()
    run = find_run(arguments, runs, "delete")
    if not (arguments.yes or _confirmed(run.id, console)):
        console.say(f"{run.id} stays.")
        return ExitStatus.FAILED
    runs.delete(run.id)
    console.say(f"Deleted {run.id}.")
    return ExitStatus.FINISHED


def _confirmed(run_id: str, console: Console) -> bool:
    if not console.interactive or console.stdin is None:
        raise UsageError(f"There is no terminal to ask on; add --yes to delete {run_id}.")
    console.mutter(f"Delete {run_id} for good? [y/N] ")
    return console.stdin.readline().strip().lower() in ("y", "yes")


DELETE = Subcommand("delete", "remove a run for good", configure, execute)
