"""`tui-lab runs`: every run ever made, newest first."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.request import declared
from tui_lab.commandline.searching import QUERY_HELP, found, none_found, read_query
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.commandline.table import number_text, table
from tui_lab.config import runs_directory
from tui_lab.errors import UsageError
from tui_lab.experiment import Experiment
from tui_lab.runs.catalogue import Catalogue, RunSummary
from tui_lab.search.order import ordered
from tui_lab.search.reference import value_of
from tui_lab.search.vocabulary import nearest
from tui_lab.view_models.annotated import written_on
from tui_lab.view_models.card import typed
from tui_lab.view_models.steered import steered

_MOST_METRICS = 3


def configure(parser: Parser) -> None:
    """Declares the query, the order and `--json`."""
    parser.add_argument("query", nargs="*", metavar="QUERY", help=QUERY_HELP)
    parser.add_argument(
        "--sort", metavar="NAME", help="by a hyperparameter, a metric, or a field such as step"
    )
    parser.add_argument("--reverse", action="store_true", help="the other way round")
    parser.take_signed_words()
    parser.ask_for_json("the list")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Prints the runs; a directory that can't be read is a row that says why."""
    declarations = Declarations()
    query, summaries = read_query(arguments.query), _summaries()
    kept = _sorted(found(query, summaries), arguments.sort, arguments.reverse)
    if arguments.json:
        console.print_json([summary_json(summary) for summary in kept])
    elif kept:
        header = ("run", "status", "created", "steps", "hyperparameters", "metrics")
        width = console.columns if console.stdout.isatty() else 0
        rows = [_row(summary, declarations) for summary in kept]
        console.print(table([header, *rows], width=width))
    else:
        console.say(none_found(query, summaries))
    return ExitStatus.FINISHED


def _sorted(runs: list[RunSummary], name: str | None, falling: bool) -> list[RunSummary]:
    if name is None:
        return runs[::-1] if falling else runs
    if runs and all(value_of(run, name) is None for run in runs):
        near = nearest(name, runs)
        meant = f"; did you mean {near}?" if near else "."
        raise UsageError(f"None of these runs has {name!r} to be sorted by{meant}")
    return ordered(runs, lambda run: value_of(run, name), falling=falling)


class Declarations:
    """The experiments of a list of runs, each loaded once."""

    def __init__(self) -> None:
        self._known: dict[str, Experiment | None] = {}

    def of(self, run: RunSummary) -> Experiment | None:
        """The experiment, or None when it is gone, broken, or not known any more."""
        if run.plugin:
            return declared(run)
        if run.experiment not in self._known:
            self._known[run.experiment] = declared(run)
        return self._known[run.experiment]


def differing(summary: RunSummary, experiment: Experiment | None) -> dict[str, Any]:
    """The hyperparameters of a run that are not at their defaults; all, if those are unknown."""
    chosen = summary.hyperparameters
    return experiment.differing(chosen) if experiment else dict(chosen)


def summary_json(summary: RunSummary) -> dict[str, Any]:
    """A run of the list as JSON."""
    return {
        "run": summary.id,
        "experiment": summary.experiment,
        "status": summary.status,
        "live": summary.live,
        "seed": summary.seed,
        "device": summary.device,
        "created": summary.created.isoformat(),
        "step": summary.step,
        "epoch": summary.epoch,
        "hyperparameters": dict(summary.hyperparameters),
        "changed": dict(summary.changed),
        "metrics": dict(summary.metrics),
        "name": summary.name,
        "note": summary.note,
        "tags": list(summary.tags),
        "error": summary.error,
    }


def _summaries() -> list[RunSummary]:
    return Catalogue(runs_directory()).summaries()


def _row(summary: RunSummary, declarations: Declarations) -> tuple[str, ...]:
    if not summary.readable:
        return (summary.id, "unreadable", "", "", "", summary.error)
    experiment = declarations.of(summary)
    given = differing(summary, experiment)
    chosen = [*written_on(summary)]
    chosen += [f"{name}={typed(experiment, name, value)}" for name, value in given.items()]
    chosen += [f"seed={summary.seed}"] if summary.seed else []
    chosen += steered(summary, experiment)
    declared = [metric.key for metric in experiment.metrics] if experiment else []
    keys = [key for key in declared if key in summary.metrics] or list(summary.metrics)
    measured = [f"{key} {number_text(summary.metrics[key])}" for key in keys[:_MOST_METRICS]]
    return (
        summary.id,
        f"● {summary.status}" if summary.live else str(summary.status),
        f"{summary.created.astimezone():%Y-%m-%d %H:%M}",
        f"{summary.step:,}",
        " ".join(chosen),
        "  ".join(filter(None, (*measured, summary.error))),
    )


RUNS = Subcommand("runs", "list all runs, newest first", configure, execute)
