"""Several runs side by side: what differs, their curves over each other, what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from tui_lab.tui.compare import bindings
from tui_lab.tui.compare.display import CompareDisplay
from tui_lab.tui.compare.feeds import RunFeeds
from tui_lab.tui.compare.panes import ComparePanes
from tui_lab.tui.compare.rows import RunRows
from tui_lab.tui.dialogs.picture_file import write_picture
from tui_lab.tui.navigation import RUNS, Navigation, is_seen
from tui_lab.tui.notification import notify
from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.runs.column_dialogs import SortDialog
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.widgets.key_line import KeyLine
from tui_lab.view_models.plain_text import plain

TAIL = 1 / 30
"""Seconds between two looks at the logs; nothing is drawn then."""


class CompareScreen(Screen[None]):
    """Follows the runs that `compare` was given, live or ended; keys act on the one under the
    cursor of the tables."""

    TITLE = "Compare"
    AUTO_FOCUS = "#results"
    CSS_PATH = "compare.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = bindings.ALL
    lab = getters.app(Navigation)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.feeds = RunFeeds(session)
        self.chart = Chart(marker=session.settings.marker, id="curves")
        self.panes = ComparePanes()
        self.shown = CompareDisplay(self.feeds, self.chart, self.panes)
        self._frames = 1 / session.settings.fps
        self._tailing: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="headline", markup=False)
        yield self.chart
        yield self.panes
        yield KeyLine()

    def on_mount(self) -> None:
        self._tailing = self.set_interval(TAIL, self.follow)
        self.set_interval(self._frames, self.draw)
        self.set_interval(1.0, self.look_after)

    def compare(self, run_ids: Sequence[str]) -> None:
        """Show these runs from now on; the first is the reference."""
        self.shown.begin(self.feeds.open(run_ids))
        self.refresh_bindings()
        if self._tailing is not None:
            self._tailing.resume()

    def follow(self) -> None:
        """Look at the logs, as long as there may be more to come."""
        if is_seen(self):
            self.feeds.read()
            if self._tailing and not self.feeds.awaits_more:
                self._tailing.pause()

    def look_after(self) -> None:
        """Once a second: whether the workers are there."""
        if is_seen(self):
            self.feeds.inquire()
            if self._tailing and self.feeds.awaits_more:
                self._tailing.resume()

    def draw(self) -> None:
        """Bring what is visible up to date, where anything changed."""
        if is_seen(self):
            self.shown.draw()
            said = plain(self.shown.comparison.headline) if self.feeds.ids else ""
            headline = self.query_one("#headline", Static)
            if str(headline.content) != said:
                headline.update(Content(said))

    @on(RunRows.Moved)
    def follow_cursor(self, event: RunRows.Moved) -> None:
        """Both tables are on the same run."""
        self.shown.move_to(event.cursor)

    @on(RunRows.Opened)
    def open_run(self) -> None:
        """Show the run in the screen of its experiment."""
        self.lab.open_run(self.shown.cursor)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return True if self.feeds.ids or action not in _NEEDS else None

    def action_metric(self, direction: int) -> None:
        """Look at another metric."""
        self.shown.next_metric(direction)

    def action_reference(self) -> None:
        """Hold the others against the run under the cursor."""
        self.shown.hold_against_current()

    def action_sort(self) -> None:
        """Ask by which column."""
        headings = [column.heading for column in self.shown.columns]
        self.lab.push_screen(SortDialog(headings, self.shown.order), self._sort)

    def _sort(self, heading: str | None) -> None:
        if heading is not None:
            self.shown.sort_by(heading)

    def action_curves(self, option: str) -> None:
        """Draw the curves in another way."""
        self.shown.change(option)

    def action_open_pane(self, name: str) -> None:
        """Show a pane, and let keys act there."""
        self.panes.focus_on(name)

    def action_zoom(self) -> None:
        """Give what has the focus the whole screen, or take it back."""
        self.toggle_class("-zoomed")
        self.set_class(self.focused is not self.chart, "-on-panes")

    def action_copy(self) -> None:
        """Copy the command that prints this comparison."""
        command = self.shown.choices.command(self.shown.comparison)
        self.app.copy_to_clipboard(command)
        notify(self, command)

    def action_export_picture(self) -> None:
        """Ask where to, and write the curves there."""
        write_picture(self, self.session, self.chart.scene(), "comparison")

    def action_back(self) -> None:
        """Take the zoom back, or leave."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        else:
            self.lab.go_back(RUNS)


_NEEDS = frozenset(("metric", "reference", "sort", "curves", "copy", "export_picture"))
"""Actions that need runs to act on."""
