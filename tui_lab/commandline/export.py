"""`tui-lab export`: runs as files for other programs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from tui_lab.commandline.console import Console
from tui_lab.commandline.damage import say_damage
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser, word
from tui_lab.commandline.report import say_complaint
from tui_lab.commandline.searching import add_runs, find_runs
from tui_lab.commandline.selection import catalogue
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import RunError
from tui_lab.exchange.destinations import RUN, destinations
from tui_lab.exchange.formats import FORMATS, named
from tui_lab.runs.directory import RunDirectory

_DESCRIPTION = (
    f"Writes runs to files; the end of the name says the format, and {RUN} in it is the run's "
    "name:\n\n" + "\n".join(f"  {each.suffix:<13} {each.help}" for each in FORMATS)
)


def configure(parser: Parser) -> None:
    """Declares RUN…, `--where`, `--to` and what is to be left out."""
    add_runs(parser)
    parser.add_argument("--to", metavar="FILE", help=f"where to; {RUN}.csv is a file for each run")
    parser.add_argument(
        "--no-time",
        action="store_true",
        help="leave out what depends on the time, so that equal runs give equal files: when each "
        "row was, and gradients, which are looked at when there is time; the last ones stay",
    )


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Writes the files; a run that can't be written costs a sentence and a status."""
    typed = word(arguments, "to", f"export needs --to FILE, ending in {named(FORMATS)}.")
    runs = find_runs(arguments.runs, arguments.where, catalogue(), "export")
    places = destinations(typed, [run.id for run in runs])
    if len(runs) == 1:
        return _exported(arguments, runs[0], places[runs[0].id], console)
    done = [_tried(arguments, run, places[run.id], console) for run in runs]
    return _worst(done)


def _tried(arguments: Namespace, run: RunDirectory, to: Path, console: Console) -> ExitStatus:
    """One of several runs: what is wrong with it is said, and the others are not kept waiting."""
    try:
        return _exported(arguments, run, to, console)
    except RunError as error:
        console.say(str(error))
        return ExitStatus.FAILED


def _worst(statuses: Sequence[ExitStatus]) -> ExitStatus:
    return ExitStatus.FAILED if ExitStatus.FAILED in statuses else ExitStatus.FINISHED


def _exported(arguments: Namespace, run: RunDirectory, to: Path, console: Console) -> ExitStatus:
    say_complaint(run, console)
    from tui_lab.exchange.export import export_run  # numpy comes with it

    exported = export_run(run, to, timed=not arguments.no_time)
    console.say(exported.said)
    return ExitStatus.FAILED if say_damage(run, exported.damage, console) else ExitStatus.FINISHED


EXPORT = Subcommand(
    "export", "write runs to files for other programs", configure, execute, _DESCRIPTION
)
