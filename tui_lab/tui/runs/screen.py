"""Every run ever made: to look at again, to lay over each other, to stop, to delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType

from tui_lab.errors import TuiLabError
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.notification import notify
from tui_lab.tui.runs.arranging_screen import ArrangingScreen
from tui_lab.tui.runs.bindings import ACTING
from tui_lab.tui.runs.card import copy_run
from tui_lab.tui.runs.delete_dialog import DeleteDialog, Deletion
from tui_lab.tui.runs.export_dialog import ExportDialog, Files
from tui_lab.tui.runs.table import RunTable
from tui_lab.tui.runs.write_dialog import WriteDialog, Writing
from tui_lab.view_models.damage import damaged_lines
from tui_lab.view_models.plain_text import listed

_FEW = 3
"""Runs about each of which a sentence is said."""


class RunsScreen(ArrangingScreen):
    """What is asked for acts on the selected runs, else on the one under the cursor."""

    TITLE = "Runs"
    CSS_PATH = "runs.tcss"
    HELP = (
        "●, ◐ and … are live, ✓ is finished, ■ stopped, ✗ failed, ! crashed, ? unreadable; "
        "* is selected. / searches: words occur in a run's name, state, tags, note, error or "
        "hyperparameters; lr>=0.01, test/loss<0.4 (its last value), tag:good, created>-7d compare; "
        "and, or, not, -word and parentheses combine, quotes hold words together; "
        "{filter.take=tab} completes a name or a value. What is not "
        "default is also what was turned while the run ran (λ → 10), and where it was stopped. "
        "A branch stands below its parent, a family where the first of it stands; a group says "
        "what is lowest (or highest, as it is sorted) and the median of the column that the runs "
        "are sorted by. Select runs with {runs.select=space}: {runs.compare=v} shows them side by "
        "side, {runs.overlay=o} lays those of one experiment over its charts."
    )
    BINDINGS: ClassVar[list[BindingType]] = ACTING

    @on(RunTable.Highlighted)
    def offer_what_fits(self) -> None:
        """What can be done depends on the run under the cursor."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "select":
            return True if self.table.current else None
        if action not in _NEEDS:
            return True
        names = self.listing.selected or {self.table.current} & self.listing.runs.keys()
        if action == "stop":
            return None if self.listing.live.isdisjoint(names) else True
        return True if names else None

    def action_overlay(self) -> None:
        """Lay the runs' curves over the charts of their experiment."""
        runs = [run for run in self.chosen if run.readable]
        names = sorted({run.plugin or run.experiment for run in runs})
        if len(names) > 1:
            notify(self, f"These runs are of {listed(names)}; select runs of one of them.")
        elif {self.session.place_of(run) for run in runs} - {run.experiment for run in runs}:
            first, *others = [run.id for run in runs]
            place = self.session.place_of(runs[0])
            self.lab.open_experiment(place, run_id=first, overlays=others)
        elif names:
            self.lab.open_experiment(runs[0].experiment, overlays=[run.id for run in runs])
        else:
            notify(self, self.chosen[0].error, error=True)

    def action_compare(self) -> None:
        """Show the selected runs side by side."""
        ids = [run.id for run in self.chosen]
        if len(ids) < 2:
            notify(self, with_keys(self.app, "{runs.select=space} selects the runs to compare."))
        else:
            self.lab.open_comparison(ids)

    def action_copy(self) -> None:
        """Copy the command that makes the run again, all that was done to it included."""
        run = self.chosen[0]
        work = copy_run(self, self.session, run.id, self.listing.experiment(run))
        self.run_worker(work, group="copy", exit_on_error=False)

    def action_export(self) -> None:
        """Ask where to, then write a file for each run."""
        ids = [run.id for run in self.chosen]
        self.lab.push_screen(ExportDialog(ids), self._export_to)

    def _export_to(self, files: Files | None) -> None:
        if files is not None:
            self._export(files)

    @work(group="export", exit_on_error=False)
    async def _export(self, files: Files) -> None:
        count = 0
        for run_id, path in files.items():
            try:
                exported = await self.session.runs.export(run_id, path)
            except TuiLabError as error:
                notify(self, str(error), error=True)
                continue
            count += 1
            damage = damaged_lines(exported.damage)
            if damage or len(files) <= _FEW:
                notify(self, exported.said + f" {damage}" * bool(damage), error=bool(damage))
        if len(files) > _FEW:
            notify(self, f"Wrote {count:,} of {len(files):,} runs.", error=count < len(files))

    def action_write(self) -> None:
        """Ask what to write on the runs, then do so."""
        self.lab.push_screen(WriteDialog(self.chosen), self._write_down)

    def _write_down(self, writing: Writing | None) -> None:
        if writing is not None:
            self._write(writing)

    @work(group="write", exit_on_error=False)
    async def _write(self, writing: Writing) -> None:
        count = 0
        for run_id in writing.run_ids:
            try:
                await self.session.runs.annotate(run_id, **writing.words)
                count += 1
            except TuiLabError as error:
                notify(self, str(error), error=True)
        if count > 1:
            notify(self, f"Written on {count:,} runs.")
        self.refresh_runs()

    def action_delete(self) -> None:
        """Ask, then delete; never a live run."""
        live = [run.id for run in self.chosen if run.live]
        ended = [run.id for run in self.chosen if not run.live]
        stops = with_keys(self.app, "{runs.stop=t} stops")
        if ended:
            left = f"{_named(live)} live and left out; {stops} live runs." if live else ""
            self.lab.push_screen(DeleteDialog(ended, left), self._delete_agreed)
        else:
            notify(self, f"{_named(live)} live; {stops} {_it(live)} first.", error=True)

    def _delete_agreed(self, deletion: Deletion | None) -> None:
        if deletion is not None:
            self._delete(deletion.run_ids)

    @work(group="delete", exit_on_error=False)
    async def _delete(self, ids: Sequence[str]) -> None:
        count = 0
        for run_id in ids:
            try:
                await self.session.runs.delete(run_id)
                count += 1
            except TuiLabError as error:
                notify(self, str(error), error=True)
        if len(ids) > 1:
            notify(self, f"Deleted {count:,} of {len(ids):,} runs.", error=count < len(ids))
        self.refresh_runs()

    def action_stop(self) -> None:
        """End the live ones of the runs."""
        self._stop([run.id for run in self.chosen if run.live])

    @work(group="stop", exit_on_error=False)
    async def _stop(self, ids: Sequence[str]) -> None:
        for run_id in ids:
            notify(self, f"Stopping {run_id}…")
            try:
                await self.session.runs.stop(run_id)
            except TuiLabError as error:
                notify(self, str(error), error=True)
        self.refresh_runs()


_NEEDS = frozenset(("overlay", "compare", "stop", "delete", "copy", "export", "write"))
"""Actions that need a run to act on."""


def _named(ids: Sequence[str]) -> str:
    """`toy-… is`, or `3 runs are`."""
    return f"{ids[0]} is" if len(ids) == 1 else f"{len(ids):,} runs are"


def _it(ids: Sequence[str]) -> str:
    return "it" if len(ids) == 1 else "them"
