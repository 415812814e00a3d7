"""Runs that are asked for in words, as `tui-lab runs` and everything that takes several runs do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tui_lab.commandline.console import cell_width
from tui_lab.commandline.parser import Parser
from tui_lab.errors import QueryError, UsageError
from tui_lab.runs.catalogue import Catalogue, RunSummary
from tui_lab.runs.directory import RunDirectory
from tui_lab.search.match import condition
from tui_lab.search.moments import LOCAL
from tui_lab.search.parser import parsed
from tui_lab.search.query import Query
from tui_lab.search.vocabulary import nearest, unknown

QUERY_HELP = (
    "words that all occur in a run, and comparisons: 'lr>=0.01 experiment:mlp test/loss<0.4 "
    "(tag:good or -status:failed) created>-7d'"
)


def read_query(words: Sequence[str]) -> Query:
    """What the words ask for; raises `UsageError`, which shows where they can't be read."""
    text = " ".join(" ".join(words).split("\n")).strip()
    try:
        return parsed(text)
    except QueryError as error:
        before = " " * cell_width(text[: error.place])
        raise UsageError(f"{text}\n{before}^ {error}") from None


def found(query: Query, runs: Iterable[RunSummary]) -> list[RunSummary]:
    """Those of the runs that it finds, in their order."""
    holds = condition(query, datetime.now(LOCAL))
    return [run for run in runs if holds(run)]


def none_found(query: Query, runs: Sequence[RunSummary]) -> str:
    """Why a query found nothing, in a sentence."""
    if not runs:
        return "No runs yet; make one with tui-lab run."
    for name in unknown(query, runs):
        near = nearest(name, runs)
        return f"No run has {name!r}" + (f"; did you mean {near}?" if near else ".")
    return "No run matches."


def add_runs(parser: Parser) -> None:
    """Declares RUN… and `--where`."""
    parser.add_argument("runs", nargs="*", metavar="RUN", help="names, or beginnings of them")
    add_where(parser)


def add_where(parser: Parser) -> None:
    """Declares `--where`, whose query may begin with a `-`."""
    parser.add_argument(
        "--where", metavar="QUERY", help=f"those that it finds, beside the named: {QUERY_HELP}"
    )
    parser.take_signed_value("--where")


def find_runs(
    names: Sequence[str], where: str | None, runs: Catalogue, command: str
) -> list[RunDirectory]:
    """The runs that are named, and those that a query finds, each once; raises `UsageError` where
    nothing is asked for or nothing found, `RunNotFound` for a name."""
    if not names and where is None:
        raise UsageError(f"{command} needs a run, or --where QUERY; see tui-lab runs.")
    chosen = {run.id: run for run in map(runs.find, names)}
    if where is not None:
        query, there = read_where(where), runs.summaries()
        matching = [runs.find(run.id) for run in found(query, there)]
        if not (matching or chosen):
            raise UsageError(none_found(query, there))
        chosen |= {run.id: run for run in matching}
    return list(chosen.values())


def read_where(where: str) -> Query:
    """What `--where` asks for; raises `UsageError`, for nothing too: in a list no words mean every
    run, but who deletes has more likely a variable that is empty."""
    if not where.strip():
        raise UsageError("--where is empty; every run is --where 'run:*'.")
    return read_query([where])
