"""Which of all runs are listed, which of them are selected, and how each reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui_lab.errors import QueryError, TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.search.match import condition, searched_text
from tui_lab.search.parser import parsed
from tui_lab.search.query import EVERYTHING, Query, names
from tui_lab.search.reference import MOMENTS, Searched
from tui_lab.search.vocabulary import Vocabulary
from tui_lab.tui.runs.arrangement import GROUPS, Arrangement
from tui_lab.tui.runs.columns import ALWAYS
from tui_lab.tui.runs.lines import Line, Lines
from tui_lab.tui.runs.row import OWN, USUAL, Heading, RunRow, age, run_row
from tui_lab.tui.runs.rows import NOTHING, RunRows
from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

_MOST_ROWS = 1000
"""Rows that are kept; no screen shows as many."""


class RunListing:
    """What is known of all runs, kept from one look to the next: most have long ended."""

    def __init__(self, session: Session) -> None:
        self.runs: Mapping[str, RunSummary] = {}
        """All of them, by name, newest first."""
        self.selected: set[str] = set()
        self.live: frozenset[str] = frozenset()
        """The names of the runs that are going on."""
        self.columns: tuple[str, ...] = USUAL
        """Those shown, of the columns that a person may choose."""
        self.arrangement = Arrangement()
        self.complaint: QueryError | None = None
        """Why the last filter can't be read; None where it can."""
        self.vocabulary = Vocabulary(())
        """The names and values that the runs have."""
        self._shown = NOTHING
        """The lines as they read."""
        self._now = session.now()
        self._query: Query = EVERYTHING
        self._listed: frozenset[str] = frozenset()
        """The names of the runs that the last filter left, folded or not."""
        self._session = session
        self._experiments: dict[str, Experiment | None] = {}
        self._rows: dict[str, tuple[RunSummary, RunRow]] = {}
        self._texts: dict[str, tuple[Searched, str]] = {}
        self._all: Sequence[RunSummary] = ()
        self._found: Sequence[RunSummary] = ()
        """The runs that the last filter left, in their order."""
        self._found_for: Any = None
        """By what they were found; None where the runs are others since."""
        self._made_for: Any = None
        """In which arrangement the lines were made of them; None where they are others since."""

    @property
    def lines(self) -> Lines:
        """What the last filter left, in the order of the list."""
        return self._shown.lines

    def learn(self, runs: Iterable[RunSummary]) -> None:
        """Have ready what words are looked for in, before anyone types one."""
        for run in runs:
            self._text(run)

    def take(
        self, runs: Mapping[str, RunSummary], changed: Sequence[RunSummary] | None = None
    ) -> None:
        """These are all runs now, and those the ones that are new or other than before (None for
        all of them); a selected one that is gone is not selected any more."""
        is_one_gone = not self._texts.keys() <= runs.keys()
        self.runs = runs
        if is_one_gone:
            self._texts = {name: kept for name, kept in self._texts.items() if name in runs}
        if changed is None or is_one_gone:
            self._look_through(runs.values(), Vocabulary(()))
        elif changed:
            self._look_through(changed, self.vocabulary)

    def _look_through(self, new: Collection[RunSummary], before: Vocabulary) -> None:
        """Find out what is other than before."""
        self.selected &= self.runs.keys()
        self.live = frozenset(run.id for run in self.runs.values() if run.live)
        self._all = list(self.runs.values())
        self.vocabulary = before.grown(self._all, new)
        self._found_for = None

    def rows(self, filter_text: str) -> RunRows:
        """The runs that a filter leaves, in their order; where it can't be read, `complaint` says
        why, and those that the one before it left."""
        self._now = self._session.now()
        query = self._asked(filter_text)
        moment = self._now if MOMENTS.intersection(names(query)) else None
        if self._found_for != (asked := (query, moment, self.arrangement.order)):
            self._found = self._wanted(query)
            self._listed = frozenset([run.id for run in self._found])
            self._found_for, self._made_for = asked, None
        if self._made_for != (state := self.arrangement.state):
            self._shown = RunRows(self.arrangement.lines(self._found), self._row)
            self._made_for = state
        return self._shown

    def _wanted(self, query: Query) -> Sequence[RunSummary]:
        """The runs that are asked for, in their order."""
        # All are sorted, and once: at the next letter they are in their order already.
        runs = self.arrangement.in_order(self._all)
        wanted = condition(query, self._now, self._text)
        return runs if query == EVERYTHING else [run for run in runs if wanted(run)]

    def _asked(self, text: str) -> Query:
        """What a text asks for; while it can't be read, what was asked for before."""
        try:
            self._query, self.complaint = parsed(text), None
        except QueryError as error:
            self.complaint = error
        return self._query

    def _text(self, run: Searched) -> str:
        """What words are looked for in, made again only when the run is another than before."""
        before, text = self._texts.get(run.id, (None, ""))
        if before is not run:
            text = searched_text(run)
            self._texts[run.id] = run, text
        return text

    def column_keys(self) -> list[str]:
        """Every column that can be chosen: what all runs have, their metrics, their values."""
        metrics, values = self.vocabulary.metrics, self.vocabulary.hyperparameters
        found = [*USUAL, "epoch", "seed", *OWN, *sorted(metrics), *sorted(values)]
        return [key for key in dict.fromkeys(found) if key not in ALWAYS]

    def group_keys(self) -> list[str]:
        """Everything that runs can be grouped by; the empty one is for no groups."""
        return ["", *GROUPS, *sorted(self.vocabulary.hyperparameters)]

    def choose_columns(self, columns: Sequence[str]) -> None:
        """Show these from now on."""
        if tuple(columns) != self.columns:
            self.columns = tuple(columns)
            self._rows.clear()

    def title(self) -> str:
        """How many there are, how many of them are shown and selected."""
        parts = [f"Runs · {len(self.live)} live · {len(self.runs):,} in all"]
        if len(self._found) != len(self.runs):
            parts.append(f"{len(self._found):,} shown")
        if self.selected:
            hidden = len(self.selected - self._listed)
            parts.append(
                f"{len(self.selected):,} selected" + f", {hidden:,} not shown" * bool(hidden)
            )
        return " · ".join((*parts, *self.arrangement.words))

    def mark(self, line_id: str) -> None:
        """Select a run or not; of a group all of its runs, or none when all of them are."""
        members = set(self.arrangement.members(line_id)) or {line_id} & self.runs.keys()
        if members <= self.selected:
            self.selected -= members
        else:
            self.selected |= members

    def mark_shown(self) -> None:
        """Select every run that has a line."""
        self.selected.update(self.lines.runs)

    def invert_marks(self) -> None:
        """Select, of the runs that have a line, those that are not selected."""
        self.selected.symmetric_difference_update(self.lines.runs)

    def chosen(self, current: str) -> list[RunSummary]:
        """The selected runs, newest first, else the one under the cursor."""
        found = [self.runs[name] for name in self.selected or (current,) if name in self.runs]
        return sorted(found, key=lambda run: (run.created, run.id), reverse=True)

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

    def _row(self, line: Line) -> RunRow | Heading:
        """The line as it reads."""
        if line.is_group:
            sign = "▸" if line.is_folded else "▾"
            words = f"{sign} {self.arrangement.heading(line.id)}"
            members = self.arrangement.members(line.id) if self.selected else ()
            marked = len(self.selected.intersection(members))  # they may be folded away
            return Heading(line.id, words + f" · {marked:,} selected" * bool(marked))
        row = self._kept_row(self.runs[line.id])
        if not line.before and not line.is_folded:
            return row
        more = f" ▸{line.below:,}" if line.is_folded else ""
        return replace(row, name=f"{line.before}{row.name}{more}")

    def _kept_row(self, run: RunSummary) -> RunRow:
        """The run's row, made again only when the run is another than before."""
        now = self._now
        before, row = self._rows.get(run.id, (None, None))
        if row is None or before is not run:
            row = run_row(run, self.experiment(run), now, self.columns)
        elif row.age != (older := age(run.created, now)):
            row = replace(row, age=older)
        else:
            return row
        if len(self._rows) >= _MOST_ROWS:
            self._rows.clear()
        self._rows[run.id] = run, row
        return row
