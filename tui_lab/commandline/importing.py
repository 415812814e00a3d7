"""`tui-lab import`: measurements made elsewhere as runs among the others."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser, word
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.config import runs_directory
from tui_lab.errors import UsageError
from tui_lab.plugins import load_experiment

_NEEDED = "import needs a file: a .csv, a .jsonl, or TensorBoard's event files."
_MOST_NAMED = 5
"""Columns that are named where they were left out."""


def configure(parser: Parser) -> None:
    """Declares FILE, `--name` and `--experiment`."""
    add = parser.add_argument
    add("file", nargs="?", metavar="FILE", help="a .csv, a .jsonl, or TensorBoard's event files")
    add("--name", metavar="NAME", default="", help="what the run is called")
    add(
        "--experiment",
        metavar="EXPERIMENT",
        default="",
        help="what it is of, so that it is laid over runs of that; else it is of its own kind",
    )


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Makes the runs and names them on stdout, one a line; what they hold is said on stderr."""
    from tui_lab.exchange.imported_run import import_runs  # numpy comes with it

    path = _path(word(arguments, "file", _NEEDED))
    of = load_experiment(arguments.experiment) if arguments.experiment else None
    now = datetime.now(UTC)
    for made in import_runs(path, runs_directory(), now, name=arguments.name, experiment=of):
        console.print(made.run.id)
        metrics = f"{made.metrics:,} metric{'s' * (made.metrics != 1)}"
        rows = f"{made.rows:,} row{'s' * (made.rows != 1)}"
        console.say(f"Imported {rows} of {metrics}; tui-lab show {made.run.id}")
        if made.left_out:
            named = ", ".join(made.left_out[:_MOST_NAMED])
            more = len(made.left_out) - _MOST_NAMED
            rest = f" and {more:,} more" if more > 0 else ""
            console.say(f"Left out, as they are not numbers: {named}{rest}.")
        if made.epochs_lost:
            console.say("Epochs are left out, as no number of steps for each fits all rows.")
    return ExitStatus.FINISHED


def _path(typed: str) -> Path:
    try:
        return Path(typed).expanduser()
    except RuntimeError:
        raise UsageError("There is no such user as the one after ~.") from None


IMPORT = Subcommand("import", "measurements made elsewhere as runs", configure, execute)
