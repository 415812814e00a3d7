"""`tui-lab study`: many runs of one experiment that look for its best values."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from subprocess import Popen
from typing import get_args

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.interruption import Interruption
from tui_lab.commandline.parser import Parser, add_run_options, directory, word
from tui_lab.commandline.request import Chosen, choose_experiment, find_preset, read_assignments
from tui_lab.commandline.study_progress import StudyProgress
from tui_lab.commandline.study_report import print_study
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.config import default_threads, runs_directory
from tui_lab.errors import HyperparameterError, UsageError
from tui_lab.experiment import Experiment
from tui_lab.ranges import Range, is_range
from tui_lab.studies.asking import Options, ask_study, remarks
from tui_lab.studies.catalogue import StudyCatalogue
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.following import StudyFollower
from tui_lab.studies.launch import resume_study, start_study, stop_study
from tui_lab.study import MOST_TRIALS, SamplerName, StudyRequest, StudyState

_POLL = 0.1
"""Seconds between two looks at a study."""
_OTHER = ("resume", "stop", "show")


@dataclass(frozen=True)
class Coordinators:
    """How a study's coordinator is started and ended, and how it is waited for."""

    start: Callable[..., tuple[StudyDirectory, Popen[bytes]]] = start_study
    resume: Callable[[StudyDirectory], Popen[bytes]] = resume_study
    stop: Callable[[StudyDirectory], StudyState] = stop_study
    sleep: Callable[[float], None] = time.sleep


def configure(parser: Parser) -> None:
    """Declares the experiment, its ranges, how it is studied, and what else is done to studies."""
    add = parser.add_argument
    add("experiment", nargs="?", metavar="EXPERIMENT", help="name, or FILE.py")
    add(
        "values",
        nargs="*",
        metavar="name=RANGE",
        help="lr=1e-4..1 (log: or linear: before it), lr=1e-4..1:5 for five values, "
        "weight_decay=0,1,3 for these; with one value it is the same in all trials",
    )
    add("--trials", type=_number, metavar="N", help="how many (default 20; a grid: all of it)")
    add("--goal", metavar="KEY", default="", help="the metric that decides (default val/loss)")
    add("--seeds", type=_number, default=1, metavar="N", help="runs of a trial; their mean counts")
    add("--sampler", choices=get_args(SamplerName), help="tpe learns, grid tries all (default tpe)")
    add("--prune", action="store_true", help="end trials that are worse than the median")
    add("--at-once", type=_number, metavar="N", help="runs at once (default: a core or card each)")
    add("--on", metavar="WHERE", default="", help="where the runs go on (default: here)")
    add("--preset", metavar="NAME", help="start from a preset's values")
    add_run_options(parser)
    add("--data", type=directory, metavar="DIR", help="where data sets are")
    add("--detach", action="store_true", help="leave it running and print its name")
    for name, what in (
        ("resume", "go on with a study that was stopped, or whose coordinator is gone"),
        ("stop", "end a study and its runs"),
        ("show", "print how a study stands"),
    ):
        add(f"--{name}", metavar="STUDY", help=what)
    parser.ask_for_json("the study")


def execute(
    arguments: Namespace, console: Console, coordinators: Coordinators | None = None
) -> ExitStatus:
    """Begins a study, or takes one up, and follows it; ctrl-c ends it."""
    coordinators = coordinators or Coordinators()
    asked = [name for name in _OTHER if getattr(arguments, name)]
    if len(asked) > 1 or (asked and arguments.experiment):
        raise UsageError("Give one of EXPERIMENT, --resume, --stop and --show.")
    if not asked:
        return _begin(arguments, console, coordinators)
    _refuse_others(arguments, asked[0])
    study = StudyCatalogue(runs_directory()).find(getattr(arguments, asked[0]))
    if asked[0] == "show":
        print_study(study, console, as_json=arguments.json)
        return ExitStatus.FINISHED
    if asked[0] == "stop":
        state = coordinators.stop(study)
        if arguments.json:
            console.print_json({"study": study.id, "state": state})
        else:
            console.say(f"{study.id} is {state}.")
        return ExitStatus.FINISHED
    with Interruption() as interruption:
        process = coordinators.resume(study)
        return _follow(study, process, arguments, console, interruption, coordinators)


def _refuse_others(arguments: Namespace, asked: str) -> None:
    """Raises `UsageError` for what is said of a study that is already what it is."""
    declared = Parser("study", "")
    configure(declared)
    allowed = {*_OTHER, "json", *(["detach"] if asked == "resume" else [])}
    for name, given in vars(arguments).items():
        if name not in allowed and given not in ([], declared.get_default(name)):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"--{asked} takes a study as it is; leave {option} out.")


def _begin(arguments: Namespace, console: Console, coordinators: Coordinators) -> ExitStatus:
    name = word(arguments, "experiment", "study needs an experiment; see tui-lab list.")
    chosen = choose_experiment(name)
    request = _request(arguments, chosen)
    for sentence in remarks(request, chosen.experiment):
        console.say(sentence)
    with Interruption() as interruption:
        study, process = coordinators.start(runs_directory(), request, datetime.now(UTC))
        return _follow(study, process, arguments, console, interruption, coordinators)


def _request(arguments: Namespace, chosen: Chosen) -> StudyRequest:
    experiment = chosen.experiment
    values, ranges = read_ranges(experiment, arguments.values)
    preset = find_preset(experiment, arguments.preset).values if arguments.preset else {}
    ranged = {each.name for each in ranges}
    base = {name: value for name, value in preset.items() if name not in ranged}
    return ask_study(
        experiment,
        {**base, **values},
        ranges,
        Options(
            trials=arguments.trials,
            goal=arguments.goal,
            seeds=arguments.seeds,
            seed=arguments.seed,
            sampler=arguments.sampler,
            prune=arguments.prune,
            slots=arguments.at_once,
            on=arguments.on,
            device=arguments.device,
            threads=default_threads() if arguments.threads is None else arguments.threads,
            data=str(arguments.data or ""),
        ),
        of_file=chosen.own.of_request if chosen.own else None,
    )


def read_ranges(
    experiment: Experiment, words: Sequence[str]
) -> tuple[dict[str, object], list[Range]]:
    """The values and the ranges in words of a command line; raises `UsageError`."""
    values: dict[str, object] = {}
    ranges: list[Range] = []
    for name, text in read_assignments(words).items():
        hyperparameter = experiment.named(name)
        if hyperparameter.name in values or hyperparameter.name in {r.name for r in ranges}:
            raise HyperparameterError(hyperparameter.name, f"{hyperparameter.name} is given twice.")
        if is_range(hyperparameter, text):
            ranges.append(Range.parse(experiment, f"{hyperparameter.name}={text}"))
        else:
            values[hyperparameter.name] = text
    return values, ranges


def _follow(
    study: StudyDirectory,
    process: Popen[bytes],
    arguments: Namespace,
    console: Console,
    interruption: Interruption,
    coordinators: Coordinators,
) -> ExitStatus:
    if arguments.detach:
        return _leave(study, arguments, console)
    follower = StudyFollower(study)
    progress = StudyProgress(console, study.request())
    progress.note(study.id)
    try:
        _watch(follower, process, progress, interruption, coordinators)
        if process.poll() is None:
            progress.note("stopping …")
            coordinators.stop(study)
            process.wait()
    except KeyboardInterrupt:
        progress.note(
            f"Not waiting any longer; if it still runs, tui-lab study --stop {study.id} ends it."
        )
        raise
    finally:
        progress.clear()
    print_study(study, console, as_json=arguments.json)
    return _exit_status(study.state())


def _leave(study: StudyDirectory, arguments: Namespace, console: Console) -> ExitStatus:
    if arguments.json:
        console.print_json({"study": study.id})
    else:
        console.print(study.id)
    console.say(f"It goes on by itself; tui-lab study --stop {study.id} ends it.")
    return ExitStatus.FINISHED


def _watch(
    follower: StudyFollower,
    process: Popen[bytes],
    progress: StudyProgress,
    interruption: Interruption,
    coordinators: Coordinators,
) -> None:
    while not interruption.requested:
        ended = process.poll() is not None  # asked first, so that what came before is still read
        summary, _ = follower.read()
        progress.show(summary)
        if ended:
            return
        coordinators.sleep(_POLL)


def _exit_status(state: StudyState) -> ExitStatus:
    if state is StudyState.FINISHED:
        return ExitStatus.FINISHED
    return ExitStatus.INTERRUPTED if state is StudyState.STOPPED else ExitStatus.FAILED


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_TRIALS:
        raise ArgumentTypeError(f"a number from 1 to {MOST_TRIALS:,}, not {text[:40]!r}")
    return int(text)


STUDY = Subcommand("study", "look for the best values by many runs", configure, execute)
