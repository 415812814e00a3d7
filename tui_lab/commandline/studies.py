"""`tui-lab studies`: every study ever made, newest first."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.commandline.table import number_text, table
from tui_lab.config import runs_directory
from tui_lab.errors import RunError
from tui_lab.studies.catalogue import StudyCatalogue
from tui_lab.studies.following import StudyFollower
from tui_lab.study import StudyState, StudySummary


def configure(parser: Parser) -> None:
    """Declares `--json`."""
    parser.ask_for_json("the list")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Prints the studies; a directory that can't be read is a row that says why."""
    catalogue = StudyCatalogue(runs_directory())
    summaries = [_read_on(catalogue, each) for each in catalogue.summaries()]
    if arguments.json:
        console.print_json([_json(each) for each in summaries])
    elif summaries:
        header = ("study", "state", "created", "trials", "best", "")
        width = console.columns if console.stdout.isatty() else 0
        console.print(table([header, *map(_row, summaries)], width=width))
    else:
        console.say("No study was made yet; tui-lab study --help says how one is begun.")
    return ExitStatus.FINISHED


def _read_on(catalogue: StudyCatalogue, summary: StudySummary) -> StudySummary:
    """Where nobody is left to say how a study stands, its runs do."""
    if summary.state is not StudyState.INTERRUPTED:
        return summary
    try:
        return StudyFollower(catalogue.find(summary.id)).read()[0]
    except RunError:  # deleted meanwhile
        return summary


def _row(summary: StudySummary) -> tuple[str, ...]:
    if not summary.experiment:
        return (summary.id, "unreadable", "", "", "", summary.error)
    return (
        summary.id,
        f"● {summary.state}" if summary.live else str(summary.state),
        f"{summary.created.astimezone():%Y-%m-%d %H:%M}",
        f"{summary.ended:,}/{summary.trials:,}",
        "" if summary.best is None else f"{number_text(summary.goal)} (trial {summary.best})",
        summary.error,
    )


def _json(summary: StudySummary) -> dict[str, Any]:
    return {
        "study": summary.id,
        "experiment": summary.experiment,
        "state": summary.state,
        "live": summary.live,
        "created": summary.created.isoformat(),
        "trials": summary.trials,
        "counts": {str(state): count for state, count in summary.counts.items()},
        "best": summary.best,
        "goal": summary.goal,
        "test": dict(summary.test),
        "error": summary.error,
    }


STUDIES = Subcommand("studies", "list all studies, newest first", configure, execute)
