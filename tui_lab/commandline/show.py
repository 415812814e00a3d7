"""`tui-lab show`: one run, as it looked when it ended or as it stands."""

from __future__ import annotations

from argparse import Namespace

from tui_lab.commandline.command import Command
from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.report import (
    print_hyperparameters,
    print_report,
    print_trouble,
    say_complaint,
)
from tui_lab.commandline.selection import add_run, catalogue, find_run
from tui_lab.runs.result import run_result


def configure(parser: Parser) -> None:
    """Declares RUN and `--json`."""
    add_run(parser)
    parser.ask_for_json("the run")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Prints the run; how it went is told, and is no failure of `show`."""
    run = find_run(arguments, catalogue(), "show")
    say_complaint(run, console)
    if arguments.json:
        console.print_json(run_result(run))
        return ExitStatus.FINISHED
    print_report(run, console)
    print_hyperparameters(run, console)
    print_trouble(run, console)
    return ExitStatus.FINISHED


SHOW = Command("show", "show one run", configure, execute)
