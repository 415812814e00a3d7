"""`tui-lab compare`: several runs side by side, what differs between them and what came of it."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.runs import Declarations
from tui_lab.commandline.searching import add_runs, found, none_found, read_where
from tui_lab.commandline.selection import catalogue
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import UsageError
from tui_lab.runs.catalogue import Catalogue, RunSummary

_PRINTED = ("sort", "reverse", "x", "y", "smoothing", "no-band")
"""Options for how it is printed."""
_FEW = "compare needs two runs or more; see tui-lab runs."


def configure(parser: Parser) -> None:
    """Declares RUN RUN …, `--where` and how they are compared."""
    add_runs(parser)
    add = parser.add_argument
    add("--metric", metavar="KEY", default="", help="the metric to look at (train/loss if shared)")
    add(
        "--reference",
        metavar="RUN",
        default="",
        help="the run that the others are held against (the first)",
    )
    add("--sort", metavar="KEY", default="", help="the column to sort by: any of those printed")
    add("--reverse", action="store_true", help="with --sort: the other way round")
    add("--x", choices=("step", "epoch", "time"), help="what the curves run over (step)")
    add("--y", choices=("log", "linear"), help="the axis of the values (as the metric declares)")
    add("--smoothing", type=_weight, metavar="W", help="the weight of the past in curves (0)")
    add("--no-band", action="store_true", help="draw no band of the reference")
    parser.ask_for_json("all of it")


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Prints the comparison; a run that can't be read costs a sentence on stderr, and a status."""
    # numpy comes with it, and `--help` must not wait for that.
    from tui_lab.commandline import comparison_report as report

    _check(arguments)
    chosen = list(_chosen(arguments.runs, arguments.where, catalogue()))
    readable = [run for run in chosen if run.readable]
    for run in chosen:
        if not run.readable:
            console.say(run.error)
    if len(readable) < 2:
        raise UsageError(_FEW)
    reference = _place(arguments.reference, readable)
    comparison = report.compared(readable, Declarations(), reference, arguments.metric)
    if arguments.json:
        console.print_json(comparison.to_json())
    else:
        drawn = report.drawing(comparison, arguments)
        by = report.sorting(comparison, arguments.sort, reverse=arguments.reverse)
        report.print_comparison(comparison, drawn, by, console)
    is_whole = readable == chosen and not any(
        run.error or run.view.damage for run in comparison.runs
    )
    return ExitStatus.FINISHED if is_whole else ExitStatus.FAILED


def _check(arguments: Namespace) -> None:
    """Raises `UsageError` for an option that would say nothing."""
    for option in _PRINTED if arguments.json else ():
        if getattr(arguments, option.replace("-", "_")):
            raise UsageError(f"--json prints all of it in one order; leave --{option} out.")
    if arguments.reverse and not arguments.sort:
        raise UsageError("--reverse goes with --sort.")


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if 0 <= weight < 1:
        return weight
    raise ArgumentTypeError(f"a weight is at least 0 and below 1, not {text[:40]!r}")


def _chosen(words: Sequence[str], where: str | None, runs: Catalogue) -> Iterator[RunSummary]:
    """The runs that were named, and those that a query finds, each once."""
    query = None if where is None else read_where(where)
    chosen = {run.id: run for run in (runs.summary(word) for word in words)}
    if query is not None:
        there = runs.summaries()
        matching = found(query, there)
        if not (matching or chosen):
            raise UsageError(none_found(query, there))
        chosen |= {run.id: run for run in matching if run.id not in chosen}
    if len(chosen) < 2:
        raise UsageError(_FEW)
    yield from chosen.values()


def _place(word: str, runs: Sequence[RunSummary]) -> int:
    """Which of the runs a word names; the first for no word."""
    found = [place for place, run in enumerate(runs) if run.id.startswith(word)]
    exact = [place for place, run in enumerate(runs) if run.id == word]
    if word and len(exact or found) != 1:
        names = ", ".join(run.id for run in runs)
        raise UsageError(f"The reference must be one of the runs compared, {names}; not {word!r}.")
    return (exact or found)[0]


COMPARE = Subcommand("compare", "several runs side by side", configure, execute)
