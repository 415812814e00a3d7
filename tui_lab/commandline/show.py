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
from tui_lab.errors import RunUnreadable
from tui_lab.runs.annotations import read_annotation
from tui_lab.runs.directory import RunDirectory
from tui_lab.view_models.annotated import written_on


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
        _print_annotation(run, console)
        print_report(run, view, console)
        print_hyperparameters(run, console)
        print_trouble(run, view, console)
    return ExitStatus.FAILED if say_damage(run, view.damage, console) else ExitStatus.FINISHED


def _print_annotation(run: RunDirectory, console: Console) -> None:
    """What a person wrote on the run, if anything; why that can't be read, on stderr."""
    try:
        written = read_annotation(run.path)
    except RunUnreadable as error:
        console.say(str(error))
        return
    if line := "  ".join(written_on(written)):
        console.print(line)
    if written.note:
        console.print(written.note)


SHOW = Subcommand("show", "show one run", configure, execute)
