"""What a screen that lists runs does: read them, filter them, let some be selected."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from tui_lab.errors import TuiLabError
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.navigation import HOME, Navigation, is_seen
from tui_lab.tui.notification import notify
from tui_lab.tui.runs.bindings import LISTING
from tui_lab.tui.runs.filter_input import FilterInput
from tui_lab.tui.runs.history import RunHistory
from tui_lab.tui.runs.listing import RunListing
from tui_lab.tui.runs.table import RunTable
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

REFRESH = 1.0
_AT_ONCE = 500
"""Runs of which all words are looked at without letting a key in."""
_NO_RUNS = "No runs yet: {app.home=g} goes home, open an experiment and press {run.start=r}."
_NO_MATCH = "No run matches; {runs.back=esc} shows all."


class ListingScreen(Screen[None]):
    """The history, newest first; a subclass says what can be done with the chosen runs."""

    AUTO_FOCUS = "RunTable"
    BINDINGS: ClassVar[list[BindingType]] = LISTING
    lab = getters.app(Navigation)
    table = getters.query_one(RunTable)
    filter_input = getters.query_one("#filter", FilterInput)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.filter_text = ""
        """What is searched for, as it was typed."""
        self.listing = RunListing(session)
        self.session = session
        self._history = RunHistory(session)
        self._live: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        offers = Static(id="completion")
        yield FilterInput(lambda: self.listing.vocabulary, offers, id="filter")
        yield offers
        yield Static(id="complaint")
        yield RunTable()
        yield Static(id="empty")
        yield KeyLine()

    def on_mount(self) -> None:
        self.set_interval(REFRESH, self.refresh_runs)
        self.lab.theme_changed_signal.subscribe(self, lambda _: self.refresh_runs())

    def on_screen_resume(self) -> None:
        self.filter_input.value = self.filter_text
        self.refresh_runs()

    def on_screen_suspend(self) -> None:
        """Marks that nobody sees any more must not be acted on; a dialog asks about them."""
        if not is_seen(self) and self.listing.selected:
            self.listing.selected.clear()
            self.show_runs()

    def refresh_runs(self) -> None:
        """Look at the runs, and show them as they are read."""
        if self.is_current:
            self._read_runs()

    @work(group="runs", exclusive=False, exit_on_error=True)
    async def _read_runs(self) -> None:
        try:
            async for changed in self._history.read():
                for first in range(0, len(changed), _AT_ONCE):
                    self.listing.learn(changed[first : first + _AT_ONCE])
                    await asyncio.sleep(0)  # keys come in between
                self.listing.take(self._history.runs, changed)
                self.show_runs()
        except TuiLabError as error:
            notify(self, str(error), error=True)

    @property
    def is_listed(self) -> bool:
        """Whether all runs have been looked at."""
        return self._history.is_complete

    def show_runs(self) -> None:
        """Bring the table up to what is known, filtered, sorted and selected now."""
        shown = self.listing.rows(self.filter_text)
        self.table.choose(self.listing.columns, self.listing.arrangement.order)
        self.table.show(shown, self.listing.selected)
        if not shown:
            sentence = _NO_MATCH if self.listing.runs else _NO_RUNS
            self.query_one("#empty", Static).update(Content(with_keys(self.app, sentence)))
        self._complain()
        self.set_class(not shown, "-empty")
        self.set_class(bool(self.filter_text) or self.filter_input.has_focus, "-filtered")
        title = self.listing.title()
        if self.table.border_title != title:  # the border is drawn again even for the same one
            self.table.border_title = title
        if shown and self.focused is None:
            self.table.focus()  # it lost the focus when it had nothing to show
        if self._live != self.listing.live:
            self._live = self.listing.live
            self.refresh_bindings()

    def _complain(self) -> None:
        """Say below the filter what is wrong with it, behind a sign under the place."""
        error = self.listing.complaint
        self.set_class(error is not None, "-wrong")
        if error is not None:
            before = cell_len(self.filter_text[: error.place])
            fits = before + 2 + cell_len(str(error)) <= self.size.width - 4
            said = f"{' ' * before if fits else ''}^ {error}"
            self.query_one("#complaint", Static).update(Content(said))

    @property
    def chosen(self) -> list[RunSummary]:
        """The selected runs, else the one under the cursor."""
        return self.listing.chosen(self.table.current)

    @on(Input.Changed, "#filter")
    def apply_filter(self, event: Input.Changed) -> None:
        """Narrow the list with every letter."""
        self.filter_text = event.value
        self.show_runs()

    @on(Input.Submitted, "#filter")
    def leave_filter(self) -> None:
        """Keep the filter and go to the list, if it left anything."""
        if self.table.row_count:
            self.table.focus()

    @on(RunTable.Opened)
    def open_chosen(self, event: RunTable.Opened) -> None:
        """Show the run in the screen of its experiment."""
        self.open_line(event.run_id)

    def open_line(self, line_id: str) -> None:
        """Open what is under the cursor."""
        self.lab.open_run(line_id)

    def action_filter(self) -> None:
        """Go to the filter."""
        self.add_class("-filtered")
        self.filter_input.focus()

    def action_select(self) -> None:
        """Mark the run under the cursor, or take the mark away, and go on to the next."""
        self.listing.mark(self.table.current)
        self.table.action_move(1)
        self.show_runs()

    def action_select_all(self) -> None:
        """Mark every run that is shown."""
        self.listing.mark_shown()
        self.show_runs()

    def action_invert(self) -> None:
        """Mark those of the shown runs that are not, and no other of them."""
        self.listing.invert_marks()
        self.show_runs()

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
        self.show_runs()
