"""`tui-lab export`: a run's measurements as a file for other programs."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from tui_lab.commandline.console import Console
from tui_lab.commandline.damage import say_damage
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser, word
from tui_lab.commandline.report import say_complaint
from tui_lab.commandline.selection import add_run, catalogue, find_run
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import RunError
from tui_lab.runs.export import export_run
from tui_lab.runs.model import export_model


def configure(parser: Parser) -> None:
    """Declares RUN and `--to`."""
    add_run(parser)
    parser.add_argument(
        "--to",
        metavar="FILE",
        help="its suffix says the format: .csv, .jsonl; .pt: what a script trains, as kept last",
    )


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Writes the file."""
    to = Path(word(arguments, "to", "export needs --to FILE, ending in .csv, .jsonl or .pt."))
    run = find_run(arguments, catalogue(), "export")
    say_complaint(run, console)
    if to.suffix.lower() == ".pt":
        step = export_model(run, to.expanduser())
        console.say(f"Wrote {to}: what was trained until step {step:,}.")
        return ExitStatus.FINISHED
    try:
        damage = export_run(run, to.expanduser())
    except OSError as error:
        raise RunError(f"{to} can't be written ({error.strerror or error}).") from error
    console.say(f"Wrote {to}.")
    return ExitStatus.FAILED if say_damage(run, damage, console) else ExitStatus.FINISHED


EXPORT = Subcommand("export", "write a run's measurements to a file", configure, execute)
