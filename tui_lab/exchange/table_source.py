"""Tables that are imported: CSV with a heading, JSON lines with an object each.

What the lab exports, and what others write: `step`, `epoch` and a time may have the names that
trackers give them, every other column of numbers is a metric.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from tui_lab.errors import UsageError
from tui_lab.exchange.gathered import ANY, BadImport, Gathered, whole
from tui_lab.exchange.rows import KINDS
from tui_lab.view_models.plain_text import plain

LONGEST_LINE = 1 << 20
"""Characters."""
_STEPS = ("step", "_step", "global_step", "trainer/global_step", "iteration", "iter", "batch")
_EPOCHS = ("epoch", "_epoch", "trainer/epoch")
_SECONDS = ("seconds", "_runtime", "relative time (process)")
_TIMES = ("time", "_timestamp", "timestamp", "wall_time", "wall time")
_PLACES = {"step": _STEPS, "epoch": _EPOCHS, "seconds": _SECONDS, "time": _TIMES, "kind": ("kind",)}
_MISSING = ("", "n/a", "na", "#n/a", "null", "none", "-")
"""What stands where nothing was measured. NaN is a number: one that was measured."""
_DIGITS = 6
"""Of an epoch that is no whole number: the rest comes of counting in parts."""

Cells = Mapping[str, Any]


def read_csv(path: Path) -> Gathered:
    """The numbers of a table; raises `UsageError`, which names the line."""
    return _read(path, _csv_rows)


def read_jsonl(path: Path) -> Gathered:
    """As `read_csv`."""
    return _read(path, _json_rows)


def _read(path: Path, rows_of: Callable[[TextIO], Iterator[tuple[int, Cells]]]) -> Gathered:
    gathered, line = Gathered(), 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = _Table(gathered)
            for line, cells in rows_of(file):  # noqa: B007
                table.take(cells)
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror or error}).") from error
    except UnicodeDecodeError:
        raise UsageError(f"{path} can't be imported: it is no text in UTF-8.") from None
    except (csv.Error, ValueError) as error:
        at = getattr(error, "line", line)
        raise UsageError(f"{path} can't be imported: line {at:,}: {plain(error)}.") from None
    return gathered


class _Bad(ValueError):
    """What is wrong with the line that comes next."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def _csv_rows(file: TextIO) -> Iterator[tuple[int, Cells]]:
    csv.field_size_limit(LONGEST_LINE)
    rows = csv.reader(file, strict=True)
    heading = next(rows, None)
    if not heading or not any(heading):
        raise BadImport("there is no heading with the names of columns")
    if len(set(heading)) < len(heading):
        twice = next(name for name in heading if heading.count(name) > 1)
        raise BadImport(f"two columns are called {plain(twice, 40)!r}")
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise _Bad(rows.line_num, str(error)) from None
        if row is None:
            return
        if len(row) != len(heading) and row:
            raise _Bad(rows.line_num, f"{len(row):,} cells under {len(heading):,} columns")
        yield rows.line_num, {name: cell for name, cell in zip(heading, row, strict=False) if cell}


def _json_rows(file: TextIO) -> Iterator[tuple[int, Cells]]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise _Bad(number, f"it is longer than {LONGEST_LINE:,} characters")
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise _Bad(number, "it is not JSON") from None
        if not isinstance(row, dict):
            raise _Bad(number, "it is no JSON object")
        yield number, {key: value for key, value in row.items() if value is not None}


class _Table:
    """Finds out which column is what, and takes rows over."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._names: dict[str, str] = {}
        """What each column is: a place of a row, a metric's key, or nothing."""
        self._counted = 0

    def take(self, cells: Cells) -> None:
        """One row; raises `ValueError` for what can't be in its column."""
        self._counted += 1
        places: dict[str, Any] = {}
        values: dict[str, float] = {}
        for name, cell in cells.items():
            if _is_missing(name, cell):
                continue
            what = self._names.get(name) or self._meant(name, cell)
            if what == "metric":
                values[name] = _number(name, cell)
            elif what in _PLACES and what not in places:
                places[what] = cell
        kind = str(places.get("kind", ANY))
        if kind and kind not in KINDS:
            raise BadImport(f"{plain(kind, 40)!r} is no kind of row; those are {', '.join(KINDS)}")
        step = _whole("step", places["step"]) if "step" in places else self._counted
        epoch = _epoch(places["epoch"]) if "epoch" in places else 0
        self._gathered.add(kind, step, epoch, self._time(places), values)

    def _time(self, places: Cells) -> float:
        """Seconds since the start, else since whenever; where both are known, so is the start."""
        since, at = _seconds(places.get("seconds")), _seconds(places.get("time"))
        if math.isnan(since):
            return at
        if math.isnan(self._gathered.started):
            self._gathered.started = at - since
        return since

    def _meant(self, name: str, cell: Any) -> str:
        """What a column is, by its name and the first cell that is not empty."""
        for place, names in _PLACES.items():
            if name.casefold() in names and place not in self._names.values():
                self._names[name] = place
                return place
        try:
            _number(name, cell)
            self._names[name] = "metric"
        except ValueError:
            self._names[name] = "none"
            self._gathered.left_out[plain(name, 40)] = None
        return self._names[name]


def _is_missing(name: str, cell: Any) -> bool:
    """Whether nothing was measured; a row that has a step says which, or is wrong."""
    is_empty = isinstance(cell, str) and cell.strip().casefold() in _MISSING
    return is_empty and name.casefold() not in _STEPS


def _number(name: str, cell: Any) -> float:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        raise BadImport(f"{plain(name, 40)} is {plain(cell, 40)!r}, not a number")
    try:
        return float(cell)
    except (ValueError, OverflowError):
        raise BadImport(f"{plain(name, 40)} is {plain(cell, 40)!r}, not a number") from None


def _whole(name: str, cell: Any) -> int:
    try:
        return whole(str(cell))
    except (ValueError, OverflowError):
        raise BadImport(f"{name} is {plain(cell, 40)!r}, not a whole number") from None


def _epoch(cell: Any) -> int:
    """The number of an epoch; of a part of one, `0.25`, that of the epoch it lies in."""
    value = _number("epoch", cell)
    if not 0 <= value < math.inf:
        raise BadImport(f"epoch is {plain(cell, 40)!r}, not a number of epochs")
    return math.ceil(round(value, _DIGITS))


def _seconds(cell: Any) -> float:
    """A time, in seconds since whenever; NaN where it can't be told."""
    if cell is None or isinstance(cell, bool):
        return math.nan
    with suppress(TypeError, ValueError, OverflowError):
        return float(cell)
    with suppress(ValueError, OverflowError):
        return datetime.fromisoformat(str(cell)).timestamp()
    return math.nan
