"""Every run ever made: to look at again, to lay over each other, to stop, to delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from tui_lab.errors import TuiLabError
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.notification import notify
from tui_lab.tui.runs.card import copy_run
from tui_lab.tui.runs.column_dialogs import ColumnsDialog, SortDialog
from tui_lab.tui.runs.delete_dialog import DeleteDialog, Deletion
from tui_lab.tui.runs.export_dialog import ExportDialog, Files
from tui_lab.tui.runs.listing_screen import ListingScreen
from tui_lab.tui.runs.table import RunTable
from tui_lab.view_models.damage import damaged_lines


class RunsScreen(ListingScreen):
    """What is asked for acts on the selected runs, else on the one under the cursor."""

    TITLE = "Runs"
    CSS_PATH = "runs.tcss"
    HELP = (
        "●, ◐ and … are live, ✓ is finished, ■ stopped, ✗ failed, ! crashed, ? unreadable; "
        "* is selected. / searches: words occur in a run's name, state, tags, note, error or "
        "hyperparameters; lr>=0.01, test/loss<0.4 (its last value), tag:good, created>-7d compare; "
        "and, or, not, -word and parentheses combine, quotes hold words together. What is not "
        "default is also what was turned while the run ran (λ → 10), and where it was stopped. "
        "Select runs with {runs.select=space}: {runs.compare=v} shows them side by side, "
        "{runs.overlay=o} lays those of one experiment over its charts."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "o",
            "overlay",
            "overlay",
            tooltip="Lay the curves of the runs over their experiment's charts",
            id="runs.overlay",
        ),
        Binding(
            "v",
            "compare",
            "compare",
            tooltip="Show the selected runs side by side: what differs, what came of it",
            id="runs.compare",
        ),
        Binding("d,delete", "delete", "delete", tooltip="Delete for good", id="runs.delete"),
        Binding(
            "s",
            "sort",
            "sort",
            tooltip="Sort by a column; once more by the same: the other way round",
            id="runs.sort",
        ),
        Binding(
            "c",
            "columns",
            "columns",
            tooltip="Choose the columns: any metric, any hyperparameter",
            id="runs.columns",
        ),
        Binding(
            "e",
            "export",
            "export",
            tooltip="Write the runs to files for other programs: tables, TensorBoard, …",
            id="runs.export",
            show=False,
        ),
        Binding("t", "stop", "stop", tooltip="End a live run", id="runs.stop", show=False),
        Binding(
            "y",
            "copy",
            "copy",
            tooltip="Copy the command that makes the run again",
            id="runs.copy",
            show=False,
        ),
    ]

    @on(RunTable.Highlighted)
    def offer_what_fits(self) -> None:
        """What can be done depends on the run under the cursor."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        chosen = self.chosen if action in _NEEDS else []
        if action == "stop":
            return True if any(run.live for run in chosen) else None
        return True if chosen or action not in _NEEDS else None

    def action_overlay(self) -> None:
        """Lay the runs' curves over the charts of their experiment."""
        runs = [run for run in self.chosen if run.readable]
        names = sorted({run.plugin or run.experiment for run in runs})
        if len(names) > 1:
            notify(self, f"These runs are of {' and '.join(names)}; select runs of one of them.")
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

    def action_sort(self) -> None:
        """Ask by which column."""
        keys = ["age", "status", "name", "values", *self.listing.column_keys()]
        self.lab.push_screen(SortDialog(list(dict.fromkeys(keys)), self.listing.order), self._sort)

    def _sort(self, key: str | None) -> None:
        if key is not None:
            self.listing.sort_by(key)
            self.show_runs()

    def action_columns(self) -> None:
        """Ask which columns are shown."""
        dialog = ColumnsDialog(self.listing.column_keys(), self.listing.columns)
        self.lab.push_screen(dialog, self._choose_columns)

    def _choose_columns(self, columns: tuple[str, ...] | None) -> None:
        if columns is not None:
            self.listing.choose_columns(columns)
            self.show_runs()

    def action_export(self) -> None:
        """Ask where to, then write a file for each run."""
        ids = [run.id for run in self.chosen]
        self.lab.push_screen(ExportDialog(ids), self._write)

    def _write(self, files: Files | None) -> None:
        if files is not None:
            self._export(files)

    @work(group="export", exit_on_error=False)
    async def _export(self, files: Files) -> None:
        for run_id, path in files.items():
            try:
                exported = await self.session.runs.export(run_id, path)
            except TuiLabError as error:
                notify(self, str(error), error=True)
                continue
            damage = damaged_lines(exported.damage)
            notify(self, exported.said + f" {damage}" * bool(damage), error=bool(damage))

    def action_delete(self) -> None:
        """Ask, then delete; never a live run."""
        live = [run.id for run in self.chosen if run.live]
        if live:
            stops = with_keys(self.app, "{runs.stop=t} stops it first.")
            notify(self, f"{live[0]} is live; {stops}", error=True)
        else:
            ids = [run.id for run in self.chosen]
            self.lab.push_screen(DeleteDialog(ids), self._delete)

    def _delete(self, deletion: Deletion | None) -> None:
        for run_id in deletion.run_ids if deletion else ():
            try:
                self.session.runs.delete(run_id)
            except TuiLabError as error:
                notify(self, str(error), error=True)
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


_NEEDS = frozenset(("select", "overlay", "compare", "stop", "delete", "copy", "export"))
"""Actions that need a run to act on."""
