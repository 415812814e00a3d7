"""`tui-lab branch`: go back to a step of a run, and on from there in another way."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tui_lab.checks import LARGEST
from tui_lab.commandline.console import Console
from tui_lab.commandline.continuation import nearest_checkpoint
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.headless import Workers, conclude, train
from tui_lab.commandline.interruption import Interruption
from tui_lab.commandline.interventions import is_intervention, read_schedule
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.report import fold_log
from tui_lab.commandline.request import assigned_values
from tui_lab.commandline.selection import (
    add_run,
    catalogue,
    find_run,
    other_versions,
    split_file,
    trained_experiment,
)
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.commandline.table import table
from tui_lab.config import runs_directory
from tui_lab.errors import UsageError
from tui_lab.experiment import Experiment
from tui_lab.lineage import branch_request, lineage_of
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.schedule import words as to_words
from tui_lab.view_models.card import typed


@dataclass(frozen=True)
class Fork:
    """A branch that is to be made."""

    request: RunRequest
    changed: Mapping[str, tuple[Any, Any]]
    """Values (JSON form) of the parent at the fork, and what they become."""
    checkpoint: int
    """The step whose state it begins with; the steps up to the fork are taken again."""
    remarks: Sequence[str] = ()
    """What a person should know of it, a sentence each."""


def configure(parser: Parser) -> None:
    """Declares RUN, the step, the values that are to be other, and what is asked for."""
    add_run(parser)
    parser.add_argument(
        "values",
        nargs="*",
        metavar="name=value",
        help="what the branch does otherwise, any hyperparameter; @STEP:name=value later than "
        "that; FILE.py declares the experiment of a run of your own",
    )
    parser.add_argument(
        "--step", type=_step, metavar="K", help="the branch goes on after this step of RUN"
    )
    parser.add_argument(
        "--weights-only",
        action="store_true",
        help="take the parameters alone, and begin everything else anew",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and no more")
    parser.ask_for_json("the result")


def execute(arguments: Namespace, console: Console, workers: Workers | None = None) -> ExitStatus:
    """Makes the branch and trains it to its end; or says what that would be."""
    run = find_run(arguments, catalogue(), "branch")
    if arguments.step is None:
        raise UsageError("branch needs --step K, the step of the run after which it goes on.")
    file, words = split_file(arguments.values)
    chosen = trained_experiment(run, file, "branch")
    fork = planned(run, chosen.experiment, arguments.step, words, arguments.weights_only)
    for sentence in fork.remarks:
        console.say(sentence)
    if arguments.dry_run:
        return _tell(fork, chosen.experiment, console, as_json=arguments.json)
    with Interruption() as interruption:
        branch = RunDirectory.create(runs_directory(), fork.request, datetime.now(UTC))
        ending = train(branch, chosen.experiment, console, interruption, workers or Workers())
    return conclude(branch, chosen.experiment, ending, console, as_json=arguments.json)


def planned(
    run: RunDirectory, experiment: Experiment, step: int, words: Sequence[str], weights_only: bool
) -> Fork:
    """The branch of a run after `step`; raises `TuiLabError` where there can be none."""
    _require_taken(run, step)
    before = lineage_of(run).values_at(step)
    given = assigned_values(experiment, [word for word in words if not is_intervention(word)])
    request = branch_request(run, experiment, step, given, weights_only, datetime.now(UTC))
    values = request.hyperparameters
    schedule = read_schedule(experiment, [w for w in words if is_intervention(w)], values)
    if early := [each for each in schedule if each.step <= step]:
        raise UsageError(f"{next(to_words(early))} is not after step {step:,}, where it branches.")
    checkpoint, complaints = nearest_checkpoint(run, step)
    idle = experiment.idle(experiment.choose(values))
    return Fork(
        replace(request, schedule=schedule),
        {n: (before.get(n), v) for n, v in values.items() if before.get(n) != v},
        checkpoint,
        (*complaints, *other_versions(run), *(f"{idle[n]}." for n in given if n in idle)),
    )


def _require_taken(run: RunDirectory, step: int) -> None:
    taken = fold_log(run).step  # the record of a run that crashed is behind its log
    if step > taken:
        raise UsageError(f"{run.id} has taken {taken:,} steps; --step is a number from 0 to that.")


def _tell(fork: Fork, experiment: Experiment, console: Console, *, as_json: bool) -> ExitStatus:
    """What would happen."""
    request, again = fork.request, fork.request.parent_step - fork.checkpoint
    changed = {n: {"from": a, "to": b} for n, (a, b) in fork.changed.items()}
    if as_json:
        console.print_json(
            {
                "parent": request.parent,
                "step": request.parent_step,
                "checkpoint": fork.checkpoint,
                "replayed": again,
                "changed": changed,
                "weights_only": request.weights_only,
                "hyperparameters": request.hyperparameters,
            }
        )
        return ExitStatus.FINISHED
    console.print(
        f"A branch of {request.parent} would go on after step {request.parent_step:,}: from the "
        f"state after step {fork.checkpoint:,}, with {again:,} steps taken again."
    )
    rows = [
        (name, typed(experiment, name, old), "→", typed(experiment, name, new))
        for name, (old, new) in fork.changed.items()
    ]
    console.print(table(rows, indent="  ") if rows else "It would do nothing otherwise.")
    if request.weights_only:
        console.print("It would take the parameters alone, and begin everything else anew.")
    return ExitStatus.FINISHED


def _step(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:20]) <= LARGEST):
        raise ArgumentTypeError(f"a step is a whole number from 0, not {text[:40]!r}")
    return int(text)


BRANCH = Subcommand("branch", "go on from a step of a run in another way", configure, execute)
