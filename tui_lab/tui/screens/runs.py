"""Every run ever made: to look at again, to lay over each other, to stop, to delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from tui_lab.errors import TuiLabError
from tui_lab.tui.app import HOME, TuiLabApp
from tui_lab.tui.run_history import RunHistory
from tui_lab.tui.run_listing import RunListing
from tui_lab.tui.run_row import command_words
from tui_lab.tui.screens.delete_dialog import DeleteDialog, Deletion
from tui_lab.tui.session import Session
from tui_lab.tui.widgets.run_table import RunTable

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

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
        self.listing = RunListing(session)
        self._session = session
        self._history = RunHistory(session)
        self._live: frozenset[str] = frozenset()

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
        """Look at the runs, and show them as they are read."""
        if self.is_current:
            self._read_runs()

    @work(group="runs", exclusive=False, exit_on_error=True)
    async def _read_runs(self) -> None:
        try:
            async for _ in self._history.read():
                self.listing.take(self._history.runs)
                self._show()
        except TuiLabError as error:
            self.lab.tell(str(error), error=True)

    @property
    def is_listed(self) -> bool:
        """Whether all runs have been looked at."""
        return self._history.is_complete

    def _show(self) -> None:
        shown = self.listing.rows(self.filter_text)
        self.table.show(shown, self.listing.selected)
        if not shown:
            self.query_one("#empty", Static).update(_NO_MATCH if self.listing.runs else _NO_RUNS)
        self.set_class(not shown, "-empty")
        self.set_class(bool(self.filter_text) or self.filter_input.has_focus, "-filtered")
        title = self.listing.title(len(shown))
        if self.table.border_title != title:  # the border is drawn again even for the same one
            self.table.border_title = title
        if shown and self.focused is None:
            self.table.focus()  # it lost the focus when it had nothing to show
        if self._live != self.listing.live:
            self._live = self.listing.live
            self.refresh_bindings()

    @property
    def _chosen(self) -> list[RunSummary]:
        """The selected runs, else the one under the cursor."""
        return self.listing.chosen(self.table.current)

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

    @on(RunTable.Opened)
    def open_run(self, event: RunTable.Opened) -> None:
        """Show the run in the screen of its experiment."""
        self.lab.open_run(event.run_id)

    @on(RunTable.Highlighted)
    def offer_what_fits(self) -> None:
        """What can be done depends on the run under the cursor."""
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        chosen = self._chosen if action in _NEEDS else []
        if action == "stop":
            return True if any(run.live for run in chosen) else None
        return True if chosen or action not in _NEEDS else None

    def action_filter(self) -> None:
        """Go to the filter."""
        self.add_class("-filtered")
        self.filter_input.focus()

    def action_select(self) -> None:
        """Mark the run under the cursor, or take the mark away, and go on to the next."""
        self.listing.selected ^= {self.table.current}
        self.table.action_move(1)
        self._show()

    def action_back(self) -> None:
        """Take the filter away, then the marks, then the screen."""
        if self.filter_text or self.filter_input.has_focus:
            self.filter_input.value = ""
            self.table.focus()
        elif self.listing.selected:
            self.listing.selected.clear()
        else:
            self.lab.go_back(HOME)
            return
        self._show()

    def action_overlay(self) -> None:
        """Lay the runs' curves over the charts of their experiment."""
        runs = [run for run in self._chosen if run.readable]
        names = sorted({run.experiment for run in runs})
        if len(names) > 1:
            self.lab.tell(f"These runs are of {' and '.join(names)}; select runs of one of them.")
        elif names:
            self.lab.open_experiment(names[0], overlays=[run.id for run in runs])
        else:
            self.lab.tell(self._chosen[0].error, error=True)

    def action_copy(self) -> None:
        """Copy the command that makes the run again, and show it."""
        run = self._chosen[0]
        words = command_words(run, self.listing.experiment(run))
        self.lab.copy_to_clipboard(words)
        self.lab.tell(words)

    def action_delete(self) -> None:
        """Ask, then delete; never a live run."""
        live = [run.id for run in self._chosen if run.live]
        if live:
            self.lab.tell(f"{live[0]} is live; t stops it first.", error=True)
        else:
            ids = [run.id for run in self._chosen]
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
        self._stop([run.id for run in self._chosen if run.live])

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
