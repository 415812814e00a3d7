"""What is compared as rows of text: a row for each run, in an order that any column may give."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tui_lab.errors import UsageError
from tui_lab.view_models.comparison.comparison import Comparison
from tui_lab.view_models.comparison.differences import NOTHING
from tui_lab.view_models.comparison.results import Result, direction
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain

RUN = "run"
"""The key of the column of names."""
_RESULTS = {
    "last": "last",
    "difference": "Δ last",
    "leaves": "leaves band",
    "best": "best",
    "best at": "best at",
    "differs": "other from",
}
_SAME = {"same": "same, bit for bit", "same as kept": "same in all kept", "reference": "reference"}


class Sorting(NamedTuple):
    """By which column, and whether the greatest comes first."""

    key: str
    falling: bool = False


@dataclass(frozen=True)
class Column:
    """One column: its cells in the order of the runs, and what they are sorted by."""

    key: str
    heading: str
    cells: tuple[str, ...]
    places: tuple[Any, ...]
    """A number or a word; None, or NaN, comes last whichever way."""
    numeric: bool = False


def difference_columns(comparison: Comparison) -> list[Column]:
    """What differs; without anything, no column."""
    return [
        Column(each.name, each.heading, each.cells, each.values, _numbers(each.values, each.cells))
        for each in comparison.differences
    ]


def result_columns(comparison: Comparison) -> list[Column]:
    """The metric in full, then the last value of each other metric."""
    return [*_of_metric(comparison), *_of_others(comparison)]


def all_columns(comparison: Comparison) -> list[Column]:
    """Those that the runs can be sorted by: their names, what differs, what came of it."""
    differing, results = difference_columns(comparison), result_columns(comparison)
    return [name_column(comparison), *differing, *results]


def in_order(
    comparison: Comparison, columns: Sequence[Column], sorting: Sorting | None
) -> list[int]:
    """The places of the runs in the order of a column; as they were given where there is none of
    that key."""
    order = list(range(len(comparison.runs)))
    found = next((c for c in columns if sorting is not None and c.key == sorting.key), None)
    if sorting is None or found is None:
        return order
    known = [n for n in order if _ranked(found.places[n]) is not None]
    known.sort(key=lambda n: _ranked(found.places[n]) or (0, 0.0, ""), reverse=sorting.falling)
    return known + [n for n in order if n not in known]


def sorting_by(comparison: Comparison, columns: Sequence[Column], key: str) -> Sorting:
    """The order that a column has first: the best first where its metric has a best, else the
    least. It may be named by its heading. Raises `UsageError` for no column."""
    keys = dict.fromkeys([RUN, *(column.key for column in columns)])
    key = next((column.key for column in columns if key == column.heading), key)
    if key not in keys:
        raise UsageError(f"There is no column {key!r} to sort by; there are {', '.join(keys)}.")
    metric = comparison.metric if key in ("last", "best", "difference") else key
    return Sorting(key, direction(comparison.runs, metric) == "maximize")


def name_column(comparison: Comparison) -> Column:
    """The names of the runs, the reference's with a star."""
    names = [run.name for run in comparison.runs]
    cells = [
        f"{name} *" if place == comparison.reference else name for place, name in enumerate(names)
    ]
    return Column(RUN, RUN, tuple(cells), tuple(names))


def _of_metric(comparison: Comparison) -> Iterator[Column]:
    found = comparison.results
    if not comparison.metric:
        return
    read: dict[str, list[Any]] = {
        "last": [result.last for result in found],
        "difference": [result.difference for result in found],
        "leaves": [result.leaves for result in found],
        "best": [result.best for result in found],
        "best at": [result.best_step for result in found],
        "differs": [result.other_from for result in found],
    }
    for key, values in read.items():
        cells = [_cell(comparison, place, key, values[place]) for place in range(len(found))]
        if key in ("best", "best at") and not any(value is not None for value in values):
            continue
        yield Column(key, _RESULTS[key], tuple(cells), tuple(values), numeric=True)


def _cell(comparison: Comparison, place: int, key: str, value: Any) -> str:
    likeness = comparison.likenesses[place]
    if key == "leaves":
        return _SAME.get(likeness) or _leaving(comparison, place, comparison.results[place])
    if key in ("difference", "differs") and likeness == "reference":
        return ""
    if key == "differs":
        return _differing(comparison, place, comparison.results[place])
    if key == "difference" and value is not None:
        return f"{value:+.4g}" if value else "0"
    if value is None:
        return NOTHING
    return short(value) if isinstance(value, float) else f"{value:,}"


def _differing(comparison: Comparison, place: int, result: Result) -> str:
    """Of long runs, of which not every point is kept, no more is known than by when."""
    if not result.shared:
        return "never" if comparison.likenesses[place] in _SAME else NOTHING
    if result.other_from is None:
        return "never" if result.exact else "in no point kept"
    return f"{'' if result.exact else '≤ '}{result.other_from:,}"


def _leaving(comparison: Comparison, place: int, result: Result) -> str:
    if not result.comparable:
        return NOTHING
    if result.leaves is not None:
        return f"{result.leaves:,}"
    runs = comparison.runs
    is_open = runs[place].live or runs[comparison.reference].live
    return "not yet" if is_open else "never"


def _of_others(comparison: Comparison) -> Iterator[Column]:
    for key in comparison.metrics:
        if key != comparison.metric:
            values = [run.view.metrics.get(key) for run in comparison.runs]
            cells = (NOTHING if value is None else short(value) for value in values)
            yield Column(key, plain(key, 40), tuple(cells), tuple(values), numeric=True)


def _numbers(values: Sequence[Any], cells: Sequence[str]) -> bool:
    """Whether all are numbers, and none was turned on the way."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values if v != "")
    return numbers and not any(" " in cell for cell in cells)


def _ranked(value: Any) -> tuple[int, float, str] | None:
    """Numbers before words."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None if math.isnan(value) else (0, float(value), "")
    return 1, 0.0, str(value).casefold()
