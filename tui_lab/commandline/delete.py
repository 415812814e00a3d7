"""`tui-lab delete`: remove runs for good."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.searching import add_runs, find_runs
from tui_lab.commandline.selection import catalogue
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import RunError, UsageError
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory

_MOST_NAMED = 10
"""Runs that are named before a person is asked about them."""


def configure(parser: Parser) -> None:
    """Declares RUN…, `--where` and `--yes`."""
    add_runs(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Deletes the runs after a person said yes; live ones are refused, the others go."""
    runs = catalogue()
    chosen = find_runs(arguments.runs, arguments.where, runs, "delete")
    if not (arguments.yes or _confirmed(chosen, console)):
        console.say(f"{_name(chosen)} {'stays' if len(chosen) == 1 else 'stay'}.")
        return ExitStatus.FAILED
    deleted = [run for run in chosen if _is_deleted(run, runs, console)]
    if deleted:
        console.say(f"Deleted {_name(deleted)}.")
    return ExitStatus.FINISHED if len(deleted) == len(chosen) else ExitStatus.FAILED


def _is_deleted(run: RunDirectory, runs: Catalogue, console: Console) -> bool:
    """Whether it is gone; why it is not is said, and the others are not kept waiting for it."""
    try:
        runs.delete(run.id)
    except RunError as error:
        console.say(str(error))
        return False
    return True


def _confirmed(runs: Sequence[RunDirectory], console: Console) -> bool:
    name = _name(runs)
    if not console.interactive or console.stdin is None:
        raise UsageError(f"There is no terminal to ask on; add --yes to delete {name}.")
    if len(runs) > 1:
        more = len(runs) - _MOST_NAMED
        named = [f"  {run.id}" for run in runs[:_MOST_NAMED]] + [f"  and {more:,} more"] * (
            more > 0
        )
        console.say("\n".join(named))
    console.mutter(f"Delete {name} for good? [y/N] ")
    return console.stdin.readline().strip().lower() in ("y", "yes")


def _name(runs: Sequence[RunDirectory]) -> str:
    return runs[0].id if len(runs) == 1 else f"{len(runs):,} runs"


DELETE = Subcommand("delete", "remove runs for good", configure, execute)
