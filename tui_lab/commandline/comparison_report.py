"""A comparison as text: two tables with a row for each run, the chart, and what must be said.

numpy and Textual come with the drawing, so the command imports this once it has runs.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence

from rich.style import Style

from tui_lab.commandline.charts import drawn_rows, plot_style, title_row
from tui_lab.commandline.console import Console, escape
from tui_lab.commandline.runs import Declarations
from tui_lab.commandline.selection import catalogue
from tui_lab.commandline.table import table, wrapped
from tui_lab.errors import RunUnreadable, UsageError
from tui_lab.history import folded
from tui_lab.plots.plot import draw
from tui_lab.plots.style import PlotStyle
from tui_lab.runs.catalogue import RunSummary
from tui_lab.view_models.comparison.compared import ComparedRun, short_names
from tui_lab.view_models.comparison.comparison import Comparison
from tui_lab.view_models.comparison.overlay import Drawn, is_log, looks_of
from tui_lab.view_models.comparison.tables import (
    Column,
    Sorting,
    all_columns,
    difference_columns,
    in_order,
    name_column,
    result_columns,
    sorting_by,
)
from tui_lab.view_models.run import RunView

_HEIGHT = 15


def compared(
    summaries: Sequence[RunSummary], declarations: Declarations, reference: int, metric: str
) -> Comparison:
    """The runs' logs folded; raises `UsageError` for a metric that none of them has."""
    named = zip(short_names(summaries), summaries, strict=True)
    runs = tuple(_folded(name, summary, declarations) for name, summary in named)
    comparison = Comparison(runs, reference, metric)
    if metric and metric not in comparison.metrics:
        known = ", ".join(comparison.metrics) or "none at all"
        raise UsageError(f"None of the runs has a metric {metric!r}; they have {known}.")
    return comparison


def drawing(comparison: Comparison, asked: Namespace) -> Drawn:
    """How the curves are drawn: what was not asked for is as the metric declares it."""
    declared = is_log(comparison.runs, comparison.metric)
    log = declared if asked.y is None else asked.y == "log"
    return Drawn(asked.x or "step", log, asked.smoothing or 0.0, band=not asked.no_band)


def sorting(comparison: Comparison, key: str, *, reverse: bool) -> Sorting | None:
    """The order that a column gives, the best first or last; raises `UsageError` for no column."""
    if not key:
        return None
    found = sorting_by(comparison, all_columns(comparison), key)
    return found._replace(falling=found.falling != reverse)


def print_comparison(
    comparison: Comparison, drawn: Drawn, by: Sorting | None, console: Console
) -> None:
    """What differs, the results, the curves, and the sentences."""
    names, differing = name_column(comparison), difference_columns(comparison)
    results = result_columns(comparison)
    order = in_order(comparison, [names, *differing, *results], by)
    ids = Column("id", "", tuple(run.id for run in comparison.runs), ())
    console.print(comparison.headline)
    _print_table([names, *differing, ids], order, console)
    if comparison.metric:
        console.print(f"\n{comparison.held_against}")
        _print_table([names, *results], order, console)
        console.print()
        for row in _chart(comparison, drawn, plot_style(console), console.columns):
            console.print_drawing(row)
    for sentence in filter(None, (*comparison.remarks, comparison.band_words)):
        console.print(wrapped(sentence, indent="", width=console.columns))


def _folded(name: str, summary: RunSummary, declarations: Declarations) -> ComparedRun:
    experiment = declarations.of(summary)
    try:
        view = folded(catalogue().find(summary.id), experiment)
    except RunUnreadable as error:
        return ComparedRun(name, summary, RunView(experiment), error=str(error))
    return ComparedRun(name, summary, view, live=summary.live)


def _print_table(columns: Sequence[Column], order: Sequence[int], console: Console) -> None:
    rows = [[column.heading for column in columns]]
    rows += [[column.cells[place] for column in columns] for place in order]
    width = console.columns if console.stdout.isatty() else 0
    console.print(table(_flush_right(rows, columns), indent="  ", width=width))


def _flush_right(rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> list[list[str]]:
    """Numbers end under each other."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(columns))]
    return [
        [
            text.rjust(width) if column.numeric else text
            for text, width, column in zip(row, widths, columns, strict=True)
        ]
        for row in rows
    ]


def _chart(comparison: Comparison, drawn: Drawn, style: PlotStyle, width: int) -> Iterator[str]:
    figure = comparison.figure(drawn)
    parts = [(comparison.metric + (" (log)" if drawn.log else ""), Style())]
    if drawn.smoothing:
        parts.append((f"smoothed by {drawn.smoothing:g}", Style()))
    for place, (role, words) in enumerate(comparison.legend(figure)):
        sign = looks_of(place).sign or style.sample(role)
        parts.append((f"{sign} {words}".strip(), style.styles.get(role, Style())))
    for row in _wrapped(parts, width):
        yield title_row(row, style, width)
    yield from drawn_rows(draw(figure, width, _HEIGHT, style), style)
    for mark in figure.marks:
        if mark.text:
            yield escape(f"  {mark.label}  {mark.text}")


def _wrapped(parts: Sequence[tuple[str, Style]], width: int) -> list[list[tuple[str, Style]]]:
    """As many of the words in a row as fit."""
    rows: list[list[tuple[str, Style]]] = [[]]
    for part in parts:
        row = [*rows[-1], part]
        if rows[-1] and len("   ".join(text for text, _ in row)) > width:
            rows.append([part])
        else:
            rows[-1] = row
    return rows
