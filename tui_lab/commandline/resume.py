"""`tui-lab resume`: take a run up where it was left, as if it had never been interrupted."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.continuation import nearest_checkpoint, new_values
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.headless import Workers, conclude, train
from tui_lab.commandline.interruption import Interruption
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.report import fold_log
from tui_lab.commandline.selection import (
    add_run,
    catalogue,
    find_run,
    other_versions,
    require_ended,
    split_file,
    trained_experiment,
)
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import UsageError
from tui_lab.hyperparameters import EPOCHS
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory


def configure(parser: Parser) -> None:
    """Declares RUN, the values that are to be new, and `--json`."""
    add_run(parser)
    parser.add_argument(
        "values",
        nargs="*",
        metavar="name=value",
        help="new values of live hyperparameters; epochs=+50 goes on for 50 epochs more; FILE.py "
        "declares the experiment of a run of your own",
    )
    parser.ask_for_json("the result")


def execute(arguments: Namespace, console: Console, workers: Workers | None = None) -> ExitStatus:
    """Goes on from the newest sound checkpoint until the end or an interruption."""
    run = find_run(arguments, catalogue(), "resume")
    file, typed = split_file(arguments.values)
    require_ended(run)
    experiment = trained_experiment(run, file, "resume").experiment
    values = new_values(experiment, typed, _present_values(run), run.id)
    _require_something_left(run, values)
    _, complaints = nearest_checkpoint(run)
    for sentence in (*complaints, *other_versions(run)):
        console.say(sentence)
    with Interruption() as interruption:
        run.ask_to_resume(values)
        ending = train(run, experiment, console, interruption, workers or Workers())
    return conclude(run, experiment, ending, console, as_json=arguments.json)


def _present_values(run: RunDirectory) -> Mapping[str, Any]:
    """Those that the run would go on with."""
    return {**run.request().hyperparameters, **fold_log(run).changed}


def _require_something_left(run: RunDirectory, values: Mapping[str, Any]) -> None:
    if run.status() is RunStatus.FINISHED and EPOCHS not in values:
        raise UsageError(f"{run.id} has taken all its steps; epochs=+50 adds to them.")


RESUME = Subcommand("resume", "take a run up where it was left", configure, execute)
