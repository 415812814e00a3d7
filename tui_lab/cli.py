"""The `tui-lab` command: finds the command that was meant, and turns every end into a status.

What the commands do is in `tui_lab.commandline`, one module each, imported when it is asked for:
`--help` is there at once, and the lab's first paint waits for no other command.
"""

from __future__ import annotations

import difflib
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module
from typing import cast

from tui_lab import __version__
from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import ExperimentNotFound, TuiLabError, UsageError

COMMANDS = {
    "run": "run:RUN",
    "watch": "watch:WATCH",
    "list": "experiments:LIST",
    "runs": "runs:RUNS",
    "show": "show:SHOW",
    "compare": "compare:COMPARE",
    "study": "study:STUDY",
    "studies": "studies:STUDIES",
    "attach": "opening:ATTACH",
    "stop": "stop:STOP",
    "resume": "resume:RESUME",
    "branch": "branch:BRANCH",
    "replay": "replay:REPLAY",
    "export": "export:EXPORT",
    "import": "importing:IMPORT",
    "tag": "tag:TAG",
    "delete": "delete:DELETE",
    "serve": "serve:SERVE",
    "new": "new:NEW",
    "check": "check:CHECK_FILE",
    "doctor": "doctor:DOCTOR",
}
"""Where each command stands in `tui_lab.commandline`."""
_LAB = "opening:LAB"
_USAGE = "tui-lab [EXPERIMENT | FILE.py] [name=value ...] [option ...]\n       tui-lab COMMAND ..."


def main() -> int:
    """The entry point of `tui-lab`: the process's arguments in, its exit status out."""
    return perform(sys.argv[1:], Console.of_process())


def perform(words: Sequence[str], console: Console) -> ExitStatus:
    """Carry out one command line. Errors meant for a person are one sentence on stderr."""
    try:
        status = _perform(words, console)
        console.flush()
    except TuiLabError as error:
        console.say(str(error))
        status = ExitStatus(error.exit_status)
    except BrokenPipeError:  # the reader has what it wanted
        status = ExitStatus.BROKEN_PIPE
    except OSError as error:  # the process edge: a disk or a stream gave up
        console.say(_sentence(error))
        status = ExitStatus.FAILED
    except KeyboardInterrupt:
        status = ExitStatus.INTERRUPTED
    _settle(console)
    return status


def _perform(words: Sequence[str], console: Console) -> ExitStatus:
    name = words[0] if words and words[0] in COMMANDS else ""
    command = _command(COMMANDS.get(name, _LAB))
    parser = _parser(command)
    arguments = parser.read(words[1:] if name else words)
    if arguments.help:
        return _print_help(parser, arguments, console)
    if getattr(arguments, "version", False):
        console.print(f"tui-lab {__version__}")
        return ExitStatus.FINISHED
    try:
        return command.execute(arguments, console)
    except ExperimentNotFound as error:
        raise error if name else _meant(arguments.experiment, error) from None


def _command(place: str) -> Subcommand:
    module, constant = place.split(":")
    return cast("Subcommand", getattr(import_module(f"tui_lab.commandline.{module}"), constant))


def _parser(command: Subcommand) -> Parser:
    if command.name:
        summary = command.summary
        parser = Parser(f"tui-lab {command.name}", summary[0].upper() + summary[1:] + ".")
    else:
        parser = Parser("tui-lab", "Deep learning you can hold in your hands, in a terminal.")
        parser.usage = _USAGE
    command.configure(parser)
    return parser


def _print_help(parser: Parser, arguments: Namespace, console: Console) -> ExitStatus:
    from tui_lab.commandline.experiment_help import experiment_help  # for `--help` alone
    from tui_lab.commandline.request import choose_experiment
    from tui_lab.commandline.table import table

    if parser.usage == _USAGE:
        rows = [(name, _command(place).summary) for name, place in COMMANDS.items()]
        listed = table(rows, indent="  ")
        parser.epilog = f"commands (tui-lab COMMAND --help says more):\n{listed}"
    console.print(parser.format_help().rstrip())
    if getattr(arguments, "experiment", None):
        experiment = choose_experiment(arguments.experiment).experiment
        console.print("\n" + experiment_help(experiment, console.columns))
    return ExitStatus.FINISHED


def _meant(word: str, error: ExperimentNotFound) -> UsageError:
    """The complaint about a first word that is no experiment: perhaps a command was meant."""
    if word in COMMANDS:
        return UsageError(f"A command comes first, as in tui-lab {word}.")
    near = difflib.get_close_matches(word, list(COMMANDS), n=1, cutoff=0.6)
    if not near:
        return error
    return UsageError(f"There is no command or experiment {word!r}; did you mean {near[0]}?")


def _sentence(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else "stdout or a file can't be written: "
    return f"{where}{error.strerror or error}."


def _settle(console: Console) -> None:
    """Leave stdout so that the interpreter has nothing to complain about when it flushes it."""
    try:
        console.flush()
    except OSError:  # said already, or a broken pipe: what is left goes nowhere
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, console.stdout.fileno())
        os.close(nowhere)
