"""`tui-lab runs`: every run ever made, newest first."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.request import declared
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.commandline.table import number_text, table
from tui_lab.config import runs_directory
from tui_lab.experiment import Experiment
from tui_lab.runs.catalogue import Catalogue, RunSummary
from tui_lab.view_models.card import typed
from tui_lab.view_models.run_filter import run_filter
from tui_lab.view_models.steered import steered

_MOST_METRICS = 3
FILTER_HELP = "words that must all occur in a run, and comparisons such as 'lr<0.1'"


def configure(parser: Parser) -> None:
    """Declares the filter and `--json`."""
    parser.add_argument("filter", nargs="*", metavar="FILTER", help=FILTER_HELP)
    parser.ask_for_json("the list")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Prints the runs; a directory that can't be read is a row that says why."""
    declarations = Declarations()
    wanted = run_filter(" ".join(arguments.filter))
    summaries = _summaries()
    kept = [summary for summary in summaries if wanted(summary)]
    if arguments.json:
        console.print_json([summary_json(summary) for summary in kept])
    elif kept:
        header = ("run", "status", "created", "steps", "hyperparameters", "metrics")
        width = console.columns if console.stdout.isatty() else 0
        rows = [_row(summary, declarations) for summary in kept]
        console.print(table([header, *rows], width=width))
    else:
        console.say("No run matches." if summaries else "No runs yet; make one with tui-lab run.")
    return ExitStatus.FINISHED


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
        "error": summary.error,
    }


def _summaries() -> list[RunSummary]:
    return Catalogue(runs_directory()).summaries()


def _row(summary: RunSummary, declarations: Declarations) -> tuple[str, ...]:
    if not summary.readable:
        return (summary.id, "unreadable", "", "", "", summary.error)
    experiment = declarations.of(summary)
    given = differing(summary, experiment)
    chosen = [f"{name}={typed(experiment, name, value)}" for name, value in given.items()]
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
