"""`tui-lab run`: train without a screen, by the same worker and into the same log."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.headless import Workers, conclude, train
from tui_lab.commandline.interruption import Interruption
from tui_lab.commandline.interventions import (
    idle_interventions,
    is_intervention,
    read_schedule,
)
from tui_lab.commandline.parser import Parser, add_guard, add_run_options, count, directory, word
from tui_lab.commandline.request import (
    choose_experiment,
    choose_values,
    idle_assignments,
    request_run,
)
from tui_lab.commandline.seeds import run_seeds
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.commands import MISTAKES
from tui_lab.config import default_threads, runs_directory
from tui_lab.runs.directory import RunDirectory

if TYPE_CHECKING:  # numpy comes with it
    pass


def configure(parser: Parser) -> None:
    """Declares the experiment, its values and how to run it."""
    parser.add_argument("experiment", nargs="?", metavar="EXPERIMENT", help="name, or FILE.py")
    parser.add_argument(
        "values",
        nargs="*",
        metavar="name=value",
        help="hyperparameters; @STEP:name=value turns one at that step, @STEP:skip leaves its "
        "batch out, @STEP:clip clips its gradient, @STEP:stop ends the run after it, "
        f"@STEP:weights keeps the parameters alone; @STEP:MISTAKE makes one: {', '.join(MISTAKES)}",
    )
    parser.add_argument("--preset", metavar="NAME", help="start from a preset's values")
    add_run_options(parser)
    add_guard(parser, "say")
    parser.add_argument(
        "--seeds",
        type=count,
        metavar="N",
        help="N runs with the seeds from --seed on, as one population where that can be",
    )
    parser.add_argument("--data", type=directory, metavar="DIR", help="where data sets are")
    parser.ask_for_json("the result")


def execute(arguments: Namespace, console: Console, workers: Workers | None = None) -> ExitStatus:
    """Trains until the end or an interruption, then prints the result."""
    name = word(arguments, "experiment", "run needs an experiment; see tui-lab list.")
    chosen = choose_experiment(name)
    experiment, typed = chosen.experiment, arguments.values
    steered = [each for each in typed if is_intervention(each)]
    assigned = [each for each in typed if not is_intervention(each)]
    values = choose_values(experiment, assigned, arguments.preset)
    schedule = read_schedule(experiment, steered, values)
    request = request_run(
        chosen,
        values,
        seed=arguments.seed,
        device=arguments.device,
        threads=default_threads() if arguments.threads is None else arguments.threads,
        data=str(arguments.data or ""),
        guard=arguments.guard,
        schedule=schedule,
        now=datetime.now(UTC),
    )
    idle = idle_assignments(experiment, assigned, values)
    for sentence in (*idle, *idle_interventions(experiment, schedule, values)):
        console.say(sentence)
    workers, as_json = workers or Workers(), arguments.json
    if seeds := arguments.seeds:
        return run_seeds(experiment, request, seeds, console, workers, as_json=as_json)
    with Interruption() as interruption:
        run = RunDirectory.create(runs_directory(), request, datetime.now(UTC))
        ending = train(run, experiment, console, interruption, workers)
    return conclude(run, experiment, ending, console, as_json=as_json)


RUN = Subcommand("run", "train headless and print the result", configure, execute)
