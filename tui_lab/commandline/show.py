"""`tui-lab show`: one run, as it looked when it ended or as it stands."""

from __future__ import annotations

from argparse import Namespace

from tui_lab.commandline.console import Console
from tui_lab.commandline.damage import say_damage
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.report import (
    fold_log,
    print_hyperparameters,
    print_report,
    print_trouble,
    say_complaint,
)
from tui_lab.commandline.result import json_pieces
from tui_lab.commandline.selection import add_run, catalogue, find_run
from tui_lab.commandline.subcommand import Subcommand


def configure(parser: Parser) -> None:
    """Declares RUN and `--json`."""
    add_run(parser)
    parser.ask_for_json("the run")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Prints the run; how it went is told, and is no failure of `show`. That an ended run's log
    lacks its end is one."""
    run = find_run(arguments, catalogue(), "show")
    view = fold_log(run)
    say_complaint(run, console)
    if arguments.json:
        console.print_json_pieces(json_pieces(run, view))
    else:
        print_report(run, view, console)
        print_hyperparameters(run, console)
        print_trouble(run, view, console)
    return ExitStatus.FAILED if say_damage(run, view.damage, console) else ExitStatus.FINISHED


SHOW = Subcommand("show", "show one run", configure, execute)
