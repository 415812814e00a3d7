"""Every run ever made: to look at again, to lay over each other, to stop, to delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.app import HOME, TuiLabApp
from tui_lab.tui.run_row import command_words, run_row
from tui_lab.tui.screens.delete_dialog import DeleteDialog, Deletion
from tui_lab.tui.session import Session
from tui_lab.tui.widgets.run_table import RunTable
from tui_lab.view_models.run_filter import run_filter

REFRESH = 1.0
_NO_RUNS = Content("No runs yet: g goes home, open an experiment and press r.")
_NO_MATCH = Content("No run matches; esc shows all.")


class RunsScreen(Screen[None]):
    """The history, newest first. What is asked for acts on the selected runs, else on the one
    under the cursor."""

    TITLE = "Runs"
    CSS_PATH = "runs.tcss"
    HELP = (
        "●, ◐ and … are live, ✓ is finished, ■ stopped, ✗ failed, ! crashed, ? unreadable; "
        "* is selected. A filter's words must all occur in a run's name, status or "
        "hyperparameters; lr<0.1 or test/loss>=1 compare. Select runs of one experiment and press "
        "o to compare them."
    )
    AUTO_FOCUS = "RunTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/", tooltip="Search", id="runs.filter"),
        Binding("space", "select", "select", tooltip="Mark the run, or not", id="runs.select"),
        Binding(
            "o",
            "overlay",
            "overlay",
            tooltip="Lay the curves of the runs over their experiment's charts",
            id="runs.overlay",
        ),
        Binding("d,delete", "delete", "delete", tooltip="Delete for good", id="runs.delete"),
        Binding("t", "stop", "stop", tooltip="End a live run", id="runs.stop", show=False),
        Binding(
            "y",
            "copy",
            "copy",
            tooltip="Copy the command that makes the run again",
            id="runs.copy",
            show=False,
        ),
        Binding(
            "escape",
            "back",
            "back",
            key_display="esc",
            tooltip="Leave the filter, the marks, the screen",
            id="runs.back",
            show=False,
        ),
    ]
    lab = getters.app(TuiLabApp)
    table = getters.query_one(RunTable)
    filter_input = getters.query_one("#filter", Input)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.filter_text = ""
        """Words that a run's row must hold to be listed."""
        self.selected: set[str] = set()
        self._session = session
        self.is_listed = False
        """Whether the runs have been looked at."""
        self._runs: dict[str, RunSummary] = {}
        self._live: frozenset[str] = frozenset()
        self._experiments: dict[str, Experiment | None] = {}

    def compose(self) -> ComposeResult:
        yield Input(id="filter", placeholder="filter", select_on_focus=False, compact=True)
        yield RunTable()
        yield Static(id="empty")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.set_interval(REFRESH, self.refresh_runs)
        self.lab.theme_changed_signal.subscribe(self, lambda _: self.refresh_runs())

    def on_screen_resume(self) -> None:
        self.filter_input.value = self.filter_text
        self.refresh_runs()

    def refresh_runs(self) -> None:
        """Show what the runs are now."""
        if not self.is_current:
            return
        try:
            runs = self._session.runs()
        except TuiLabError as error:
            self.lab.tell(str(error), error=True)
            return
        self._runs = {run.id: run for run in runs}
        self.selected &= self._runs.keys()
        self.is_listed = True
        self._show()

    def _show(self) -> None:
        now, wanted = self._session.now(), run_filter(self.filter_text)
        found = [run for run in self._runs.values() if wanted(run)]
        shown = [run_row(run, self._experiment(run), now) for run in found]
        self.table.show(shown, self.selected)
        if not shown:
            self.query_one("#empty", Static).update(_NO_MATCH if self._runs else _NO_RUNS)
        self.set_class(not shown, "-empty")
        self.set_class(bool(self.filter_text) or self.filter_input.has_focus, "-filtered")
        title = self._title(len(shown))
        if self.table.border_title != title:  # the border is drawn again even for the same one
            self.table.border_title = title
        if shown and self.focused is None:
            self.table.focus()  # it lost the focus when it had nothing to show
        live = frozenset(run.id for run in self._runs.values() if run.live)
        if self._live != live:
            self._live = live
            self.refresh_bindings()

    def _title(self, shown: int) -> str:
        live = sum(run.live for run in self._runs.values())
        parts = [f"Runs · {live} live · {len(self._runs)} in all"]
        if shown != len(self._runs):
            parts.append(f"{shown} shown")
        if self.selected:
            parts.append(f"{len(self.selected)} selected")
        return " · ".join(parts)

    def _experiment(self, run: RunSummary) -> Experiment | None:
        """The run's experiment; None when it is gone or broken, asked for once."""
        name = run.experiment
        if name not in self._experiments:
            try:
                self._experiments[name] = self._session.experiment(name)
            except TuiLabError:
                self._experiments[name] = None
        return self._experiments[name]

    @property
    def chosen(self) -> list[RunSummary]:
        """The selected runs, newest first, else the one under the cursor."""
        ids = self.selected or {self.table.current}
        return [run for run in self._runs.values() if run.id in ids]

    @on(Input.Changed, "#filter")
    def apply_filter(self, event: Input.Changed) -> None:
        """Narrow the list with every letter."""
        self.filter_text = event.value
        self._show()

    @on(Input.Submitted, "#filter")
    def leave_filter(self) -> None:
        """Keep the filter and go to the list, if it left anything."""
        if self.table.row_count:
            self.table.focus()

    @on(RunTable.RowSelected)
    def open_run(self, event: RunTable.RowSelected) -> None:
        """Show the run in the screen of its experiment."""
        self.lab.open_run(str(event.row_key.value))

    @on(RunTable.RowHighlighted)
    def offer_what_fits(self) -> None:
        """What can be done depends on the run under the cursor."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        chosen = self.chosen if action in _NEEDS else []
        if action == "stop":
            return True if any(run.live for run in chosen) else None
        return True if chosen or action not in _NEEDS else None

    def action_filter(self) -> None:
        """Go to the filter."""
        self.add_class("-filtered")
        self.filter_input.focus()

    def action_select(self) -> None:
        """Mark the run under the cursor, or take the mark away, and go on to the next."""
        self.selected ^= {self.table.current}
        self.table.action_cursor_down()
        self._show()

    def action_back(self) -> None:
        """Take the filter away, then the marks, then the screen."""
        if self.filter_text or self.filter_input.has_focus:
            self.filter_input.value = ""
            self.table.focus()
        elif self.selected:
            self.selected.clear()
        else:
            self.lab.go_back(HOME)
            return
        self._show()

    def action_overlay(self) -> None:
        """Lay the runs' curves over the charts of their experiment."""
        runs = [run for run in self.chosen if run.readable]
        names = sorted({run.experiment for run in runs})
        if len(names) > 1:
            self.lab.tell(f"These runs are of {' and '.join(names)}; select runs of one of them.")
        elif names:
            self.lab.open_experiment(names[0], overlays=[run.id for run in runs])
        else:
            self.lab.tell(self.chosen[0].error, error=True)

    def action_copy(self) -> None:
        """Copy the command that makes the run again, and show it."""
        run = self.chosen[0]
        words = command_words(run, self._experiment(run))
        self.lab.copy_to_clipboard(words)
        self.lab.tell(words)

    def action_delete(self) -> None:
        """Ask, then delete; never a live run."""
        live = [run.id for run in self.chosen if run.live]
        if live:
            self.lab.tell(f"{live[0]} is live; t stops it first.", error=True)
        else:
            ids = [run.id for run in self.chosen]
            self.lab.push_screen(DeleteDialog(ids), self._delete)

    def _delete(self, deletion: Deletion | None) -> None:
        for run_id in deletion.run_ids if deletion else ():
            try:
                self._session.delete(run_id)
            except TuiLabError as error:
                self.lab.tell(str(error), error=True)
        self.refresh_runs()

    def action_stop(self) -> None:
        """End the live ones of the runs."""
        self._stop([run.id for run in self.chosen if run.live])

    @work(group="stop", exit_on_error=False)
    async def _stop(self, ids: Sequence[str]) -> None:
        for run_id in ids:
            self.lab.tell(f"Stopping {run_id}…")
            try:
                await self._session.stop(run_id)
            except TuiLabError as error:
                self.lab.tell(str(error), error=True)
        self.refresh_runs()


_NEEDS = frozenset(("select", "overlay", "stop", "delete", "copy"))
"""Actions that need a run to act on."""
