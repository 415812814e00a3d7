"""Which of all runs are listed, which of them are selected, and how each reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.tui.runs.row import RunRow, age, run_row
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.run_filter import run_filter

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary


class RunListing:
    """The rows of the runs, kept from one look to the next: most runs have long ended."""

    def __init__(self, session: Session) -> None:
        self.runs: Mapping[str, RunSummary] = {}
        """All of them, by name, newest first."""
        self.selected: set[str] = set()
        self._session = session
        self._experiments: dict[str, Experiment | None] = {}
        self._rows: dict[str, tuple[RunSummary, RunRow]] = {}

    def take(self, runs: Mapping[str, RunSummary]) -> None:
        """These are all runs now; a selected one that is gone is not selected any more."""
        self.runs = runs
        self.selected &= runs.keys()
        self._rows = {name: kept for name, kept in self._rows.items() if name in runs}

    def rows(self, filter_text: str) -> list[RunRow]:
        """The runs that a filter leaves."""
        now, wanted = self._session.now(), run_filter(filter_text)
        return [self._row(run, now) for run in self.runs.values() if wanted(run)]

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
            parts.append(f"{len(self.selected)} selected")
        return " · ".join(parts)

    def chosen(self, current: str) -> list[RunSummary]:
        """The selected runs, newest first, else the one under the cursor."""
        ids = self.selected or {current}
        return [run for run in self.runs.values() if run.id in ids]

    def experiment(self, run: RunSummary) -> Experiment | None:
        """The run's experiment; None when it is gone or broken, asked for once."""
        name = run.experiment
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
            row = run_row(run, self.experiment(run), now)
        elif row.age != (older := age(run.created, now)):
            row = replace(row, age=older)
        self._rows[run.id] = run, row
        return row
