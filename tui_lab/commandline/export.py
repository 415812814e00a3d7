"""`tui-lab export`: runs as files for other programs."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from tui_lab.commandline.console import Console
from tui_lab.commandline.damage import say_damage
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser, word
from tui_lab.commandline.report import say_complaint
from tui_lab.commandline.searching import add_runs, find_runs
from tui_lab.commandline.selection import catalogue, split_file, trained_experiment
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.config import runs_directory
from tui_lab.errors import RunError, UsageError
from tui_lab.exchange.destinations import RUN, destinations
from tui_lab.exchange.formats import (
    FORMATS,
    MODELS,
    PICTURES,
    TABLES,
    Options,
    Size,
    Which,
    format_of,
    named,
)
from tui_lab.runs.directory import RunDirectory

_SIDES = (160, 4000)
"""Pixels of a side, at least and at most."""
_EPILOG = f"The end of the name says the format; {RUN} in it is the run's name:\n\n" + "\n".join(
    f"  {each.suffix:<13} {each.help}" for each in FORMATS
)


def configure(parser: Parser) -> None:
    """Declares RUN…, `--where`, `--to` and what goes with some of the formats."""
    add_runs(parser)
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("--study", metavar="STUDY", default="", help="a study in the place of runs: .csv or .html")
    add("--to", metavar="FILE", help=f"where to; {RUN}.csv is a file for each run")
    add(
        "--no-time",
        action="store_true",
        help="tables: leave out what depends on the time, so that equal runs give equal files: "
        "when each row was, and gradients, which are looked at as there is time; the last stay",
    )
    add("--picture", metavar="NAME", default="", help="pictures: its title, or a metric's key")
    add("--size", metavar="WxH", type=_size, default=None, help="pictures: pixels (720x420)")
    add("--dark", action="store_true", help=".png: for a dark page")
    add(
        "--which",
        choices=get_args(Which),
        default=None,
        help="models: the newest that was kept (default), or the best by the first metric that "
        "says which way is better, of a validation set where there is one, else of the test set",
    )


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Writes the files; a run that can't be written costs a sentence and a status."""
    typed = word(arguments, "to", f"export needs --to FILE, ending in {named(FORMATS)}.")
    if arguments.study:
        return _study(arguments, typed, console)
    arguments.file, names = split_file(arguments.runs)
    runs = find_runs(names, arguments.where, catalogue(), "export")
    places = destinations(typed, [run.id for run in runs])
    _check(arguments, next(iter(places.values())))
    if len(runs) == 1:
        return _exported(arguments, runs[0], places[runs[0].id], console)
    done = [_tried(arguments, run, places[run.id], console) for run in runs]
    return _worst(done)


def _study(arguments: Namespace, typed: str, console: Console) -> ExitStatus:
    """Writes a study: its trials as a table, or all of it as a page."""
    if arguments.runs or arguments.where is not None:
        raise UsageError("--study is exported by itself; name no runs beside it.")
    for option in _GO_WITH:
        if _given(arguments, option):
            raise UsageError(f"{option} goes with runs; a study is exported whole.")
    from tui_lab.exchange.study_export import export_study  # numpy comes with it
    from tui_lab.studies.catalogue import StudyCatalogue

    study = StudyCatalogue(runs_directory()).find(arguments.study)
    (to,) = destinations(typed, [study.id]).values()
    console.say(export_study(study, to).said)
    return ExitStatus.FINISHED


def _tried(arguments: Namespace, run: RunDirectory, to: Path, console: Console) -> ExitStatus:
    """One of several runs: what is wrong with it is said, and the others are not kept waiting."""
    try:
        return _exported(arguments, run, to, console)
    except RunError as error:
        console.say(str(error))
        return ExitStatus.FAILED


def _worst(statuses: Sequence[ExitStatus]) -> ExitStatus:
    return ExitStatus.FAILED if ExitStatus.FAILED in statuses else ExitStatus.FINISHED


def _exported(arguments: Namespace, run: RunDirectory, to: Path, console: Console) -> ExitStatus:
    say_complaint(run, console)
    if arguments.file is not None:
        trained_experiment(run, arguments.file, "export")  # raises where it is not the run's own
    from tui_lab.exchange.export import export_run  # numpy comes with it

    exported = export_run(run, to, _options(arguments))
    console.say(exported.said)
    return ExitStatus.FAILED if say_damage(run, exported.damage, console) else ExitStatus.FINISHED


def _options(arguments: Namespace) -> Options:
    return Options(
        timed=not arguments.no_time,
        picture=arguments.picture,
        size=arguments.size or Options().size,
        dark=arguments.dark,
        which=arguments.which or "last",
        named=arguments.file is not None,
    )


def _check(arguments: Namespace, to: Path) -> None:
    """Raises `UsageError` for what is said and has no meaning for the format."""
    for option, formats in _GO_WITH.items():
        if _given(arguments, option) and format_of(to) not in [each.suffix for each in formats]:
            not_one = "is none of them" if len(formats) > 1 else "is not one"
            raise UsageError(f"{option} goes with {named(formats)}; {to.name} {not_one}.")


def _given(arguments: Namespace, option: str) -> bool:
    return bool(getattr(arguments, option.strip("-").replace("-", "_")))


_GO_WITH = {
    "--no-time": TABLES,
    "--picture": PICTURES,
    "--size": PICTURES,
    "--dark": PICTURES[1:],
    "--which": MODELS,
}


def _size(text: str) -> Size:
    width, _, height = text.lower().partition("x")
    sides = [int(side) for side in (width, height) if side.isascii() and side.isdigit()]
    if len(sides) != 2 or not all(_SIDES[0] <= side <= _SIDES[1] for side in sides):
        raise ArgumentTypeError(
            f"a size is WIDTHxHEIGHT, {_SIDES[0]} to {_SIDES[1]:,} pixels each, not {text[:40]!r}"
        )
    return sides[0], sides[1]


EXPORT = Subcommand("export", "write runs to files for other programs", configure, execute)
