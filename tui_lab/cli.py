"""The `tui-lab` command: finds the command that was meant, and turns every end into a status.

What the commands do is in `tui_lab.commandline`, one module each. Importing this imports neither
textual nor torch nor numpy, so that `--help` is there at once.
"""

from __future__ import annotations

import difflib
import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from tui_lab import __version__
from tui_lab.commandline.command import Command
from tui_lab.commandline.console import Console
from tui_lab.commandline.delete import DELETE
from tui_lab.commandline.doctor import DOCTOR
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.experiment_help import experiment_help
from tui_lab.commandline.experiments import LIST
from tui_lab.commandline.export import EXPORT
from tui_lab.commandline.lab import ATTACH, LAB
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.request import choose_experiment
from tui_lab.commandline.run import RUN
from tui_lab.commandline.runs import RUNS
from tui_lab.commandline.show import SHOW
from tui_lab.commandline.stop import STOP
from tui_lab.commandline.table import table
from tui_lab.errors import ExperimentNotFound, TuiLabError, UsageError

COMMANDS = {
    command.name: command
    for command in (RUN, LIST, RUNS, SHOW, ATTACH, STOP, EXPORT, DELETE, DOCTOR)
}
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
    command = COMMANDS.get(words[0], LAB) if words else LAB
    parser = _parser(command)
    arguments = parser.read(words if command is LAB else words[1:])
    if arguments.help:
        return _print_help(parser, arguments, console)
    if getattr(arguments, "version", False):
        console.print(f"tui-lab {__version__}")
        return ExitStatus.FINISHED
    try:
        return command.execute(arguments, console)
    except ExperimentNotFound as error:
        raise _meant(arguments.experiment, error) if command is LAB else error from None


def _parser(command: Command) -> Parser:
    if command is LAB:
        description = "Deep learning you can hold in your hands, in a terminal."
        rows = [(name, COMMANDS[name].summary) for name in COMMANDS]
        epilog = "commands (tui-lab COMMAND --help says more):\n" + table(rows, indent="  ")
        parser = Parser("tui-lab", description, epilog)
        parser.usage = _USAGE
    else:
        summary = command.summary
        parser = Parser(f"tui-lab {command.name}", summary[0].upper() + summary[1:] + ".")
    command.configure(parser)
    return parser


def _print_help(parser: Parser, arguments: Namespace, console: Console) -> ExitStatus:
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
