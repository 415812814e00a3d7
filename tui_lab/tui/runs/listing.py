"""Which of all runs are listed, which of them are selected, and how each reads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tui_lab.errors import QueryError, TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.search.match import condition
from tui_lab.search.parser import parsed
from tui_lab.search.query import EVERYTHING, Query
from tui_lab.tui.runs.columns import ALWAYS, Order, column_name
from tui_lab.tui.runs.row import USUAL, RunRow, age, figure, run_row
from tui_lab.tui.runs.tree import arranged
from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary


class RunListing:
    """The rows of the runs, kept from one look to the next: most runs have long ended."""

    def __init__(self, session: Session) -> None:
        self.runs: Mapping[str, RunSummary] = {}
        """All of them, by name, newest first."""
        self.selected: set[str] = set()
        self.columns: tuple[str, ...] = USUAL
        """Those shown, of the columns that a person may choose."""
        self.order: Order | None = None
        """How the runs are sorted; None for the newest first."""
        self.complaint: QueryError | None = None
        """Why the last filter can't be read; None where it can."""
        self._query: Query = EVERYTHING
        self._listed: set[str] = set()
        """The runs that the last filter left."""
        self._session = session
        self._experiments: dict[str, Experiment | None] = {}
        self._rows: dict[str, tuple[RunSummary, RunRow]] = {}

    def take(self, runs: Mapping[str, RunSummary]) -> None:
        """These are all runs now; a selected one that is gone is not selected any more."""
        self.runs = runs
        self.selected &= runs.keys()
        self._rows = {name: kept for name, kept in self._rows.items() if name in runs}

    def rows(self, filter_text: str) -> list[RunRow]:
        """The runs that a filter leaves, in their order; where it can't be read, `complaint` says
        why, and those that the one before it left."""
        now = self._session.now()
        wanted = condition(self._asked(filter_text), now)
        rows = [self._row(run, now) for run in self.runs.values() if wanted(run)]
        self._listed = {row.id for row in rows}
        if self.order is not None:
            return self._sorted(rows, self.order)
        return arranged(rows, {run.id: run.parent for run in self.runs.values() if run.parent})

    def _asked(self, text: str) -> Query:
        """What a text asks for; while it can't be read, what was asked for before."""
        try:
            self._query, self.complaint = parsed(text), None
        except QueryError as error:
            self.complaint = error
        return self._query

    def column_keys(self) -> list[str]:
        """Every column that can be chosen: what all runs have, their metrics, their values."""
        metrics = {key for run in self.runs.values() for key in run.metrics}
        values = {name for run in self.runs.values() for name in run.hyperparameters}
        found = [*USUAL, "epoch", "seed", *sorted(metrics), *sorted(values)]
        return [key for key in dict.fromkeys(found) if key not in ALWAYS]

    def choose_columns(self, columns: Sequence[str]) -> None:
        """Show these from now on."""
        if tuple(columns) != self.columns:
            self.columns = tuple(columns)
            self._rows.clear()

    def sort_by(self, key: str) -> None:
        """Sort by a column; by the one that it is sorted by already, the other way round."""
        again = self.order is not None and self.order.key == key
        self.order = Order(key, again and not (self.order and self.order.falling))

    def _sorted(self, rows: list[RunRow], order: Order) -> list[RunRow]:
        """Those that have nothing in the column come last, whichever way."""
        known = [(self._place(row, order.key), row) for row in rows]
        there = [each for each in known if each[0] is not None]
        there.sort(key=lambda each: each[0] or (), reverse=order.falling)
        return [row for _, row in there] + [row for place, row in known if place is None]

    def _place(self, row: RunRow, key: str) -> tuple[bool, float, str] | None:
        """What a run is sorted by: numbers before words; None where there is nothing, or NaN."""
        run = self.runs[row.id]
        if key == "age":
            return False, -run.created.timestamp(), ""
        value = {"status": row.status.value, "name": run.id, "values": row.values}.get(key)
        value = figure(run, key) if value is None else value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return None if math.isnan(value) else (False, float(value), "")
        return None if value in (None, "") else (True, 0.0, str(value).casefold())

    @property
    def live(self) -> frozenset[str]:
        """The names of the runs that are going on."""
        return frozenset(run.id for run in self.runs.values() if run.live)

    def title(self, shown: int) -> str:
        """How many there are, how many of them are shown and selected."""
        parts = [f"Runs · {len(self.live)} live · {len(self.runs)} in all"]
        if shown != len(self.runs):
            parts.append(f"{shown} shown")
        if self.selected:
            hidden = len(self.selected - self._listed)
            parts.append(f"{len(self.selected)} selected" + f", {hidden} not shown" * bool(hidden))
        if self.order is not None:
            parts.append(f"by {column_name(self.order.key)} {self.order.sign}")
        return " · ".join(parts)

    def chosen(self, current: str) -> list[RunSummary]:
        """The selected runs, newest first, else the one under the cursor."""
        ids = self.selected or {current}
        return [run for run in self.runs.values() if run.id in ids]

    def experiment(self, run: RunSummary) -> Experiment | None:
        """The run's experiment; None when it is gone or broken, asked for once."""
        if run.declared is not None:
            return run.declared
        name = self._session.place_of(run) if run.plugin else run.experiment
        if name not in self._experiments:
            try:
                self._experiments[name] = self._session.experiment(name)
            except TuiLabError:
                self._experiments[name] = None
        return self._experiments[name]

    def _row(self, run: RunSummary, now: datetime) -> RunRow:
        """The run's row, made again only when the run is another than before."""
        before, row = self._rows.get(run.id, (None, None))
        if row is None or before is not run:
            row = run_row(run, self.experiment(run), now, self.columns)
        elif row.age != (older := age(run.created, now)):
            row = replace(row, age=older)
        self._rows[run.id] = run, row
        return row
