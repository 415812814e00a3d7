"""What every screen of a run does: follow its log, live or long ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.screen import ModalScreen, Screen
from textual.timer import Timer
from textual.widget import Widget

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.tui.session import Session
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy comes with it, which is imported after the first paint
    from tui_lab.tui.run_feed import RunFeed

TAIL = 1 / 30
"""Seconds between two looks at the log; nothing is drawn then."""


class RunScreen(Screen[None]):
    """Follows one run of an experiment at a time. A subclass says how it looks.

    Widgets that need numpy are made by `furnish`, after the first paint.
    """

    def __init__(self, session: Session, experiment: Experiment) -> None:
        super().__init__()
        self.session = session
        self.experiment = experiment
        self.feed: RunFeed | None = None
        """The run shown; None before there is one."""
        self.cold = False
        """Whether the run shown was started while no worker had torch imported."""
        self._wanted = ""
        self._known: RunStatus | None = None
        self._furnished = False
        self._tailing: Timer | None = None
        """Looks at the logs, while there may be more to come."""
        self._warmed = False
        """Whether the next worker was asked for since the run shown began."""

    def on_mount(self) -> None:
        # An app that is starting shows nothing yet, but would lay out and draw what is there, and
        # do it all again once it runs: what comes by way of its queue comes after that.
        self.app.call_later(self.call_next, self._enter)

    async def _enter(self) -> None:
        await self.mount(*self.contents())
        self.call_after_refresh(self._begin)

    def contents(self) -> Iterable[Widget]:
        """What the first paint shows."""
        return ()

    async def _begin(self) -> None:
        await self.furnish()
        self._furnished = True
        self._tailing = self.set_interval(TAIL, self._follow)
        self.set_interval(1 / self.session.settings.fps, self.draw)
        self.set_interval(1.0, self.look_after)
        if self._wanted:
            self.open_run(self._wanted)
        self.begin()
        self.session.warm()

    async def furnish(self) -> None:
        """Make the widgets that the first paint did without."""

    def begin(self) -> None:
        """The screen is complete."""

    def read(self) -> None:
        """Take in what the logs have to say since the last time."""
        if self.feed is not None:
            self.feed.read()

    def draw(self) -> None:
        """Bring what is visible up to date, where its data changed."""

    def run_opened(self) -> None:
        """Another run is shown."""

    def every_second(self) -> None:
        """What changes slowly may be looked at."""

    def run_changed(self) -> None:
        """The run's state is another, or it took another value of a hyperparameter."""

    @property
    def run_id(self) -> str:
        """The run shown, or asked for; empty without one."""
        return self.feed.run_id if self.feed else self._wanted

    @property
    def status(self) -> RunStatus | None:
        """The state of the run shown; a worker that has vanished counts."""
        if self.feed is None:
            return None
        said = self.feed.view.status
        if said.is_finished or self._known is None or not self._known.is_finished:
            return said
        return self._known if self.feed.caught_up else said

    @property
    def is_live(self) -> bool:
        """Whether there is a worker to command."""
        return self.status is not None and not self.status.is_finished

    @property
    def is_seen(self) -> bool:
        """Whether nothing but dialogs stands over this screen. (Textual counts as current what
        lies under an opaque screen, too.)"""
        stack = self.app.screen_stack
        above = stack[stack.index(self) + 1 :] if self in stack else stack
        return self in stack and all(isinstance(screen, ModalScreen) for screen in above)

    def open_run(self, run_id: str) -> None:
        """Show a run, live or long finished, from its log."""
        self._wanted = run_id
        if not self._furnished:
            return
        from tui_lab.tui.run_feed import RunFeed  # with numpy: after the first paint

        try:
            source = self.session.tail(run_id)
        except TuiLabError as error:
            self.tell(str(error), error=True)
            return
        self.feed = RunFeed(run_id, source, self.experiment)
        self._known, self._warmed = None, False
        self._look_at_status()
        self.read()
        self.run_opened()
        self.run_changed()
        self.draw()
        self.follow()

    def tell(self, sentence: str, *, error: bool = False) -> None:
        """Show a sentence for a while, as plain text."""
        self.notify(plain(sentence), severity="error" if error else "information", markup=False)

    def _follow(self) -> None:
        if not self.is_seen:
            return
        before, empty = self._standing, self._is_empty
        self.read()
        if empty and not self._is_empty:
            self.draw()  # a first point does not wait for the next frame
        if before != self._standing:
            self.run_changed()
            self.refresh_bindings()
        if self._tailing is not None and not self.awaits_more:
            self._tailing.pause()

    def follow(self) -> None:
        """Look at the logs again, after a time in which there was nothing to come."""
        if self._tailing is not None:
            self._tailing.resume()

    @property
    def awaits_more(self) -> bool:
        """Whether a log may still have something to say."""
        return self.feed is not None and not self.feed.is_complete

    @property
    def _standing(self) -> tuple[RunStatus | None, int]:
        """State and changes so far: what knobs and keys depend on."""
        return self.status, len(self.feed.view.marks) if self.feed else 0

    @property
    def _is_empty(self) -> bool:
        """Whether nothing has been measured yet."""
        return self.feed is None or not self.feed.view.series

    def look_after(self) -> None:
        """Once a second: what only asking can tell."""
        if not self.is_seen:
            return
        self.every_second()
        before = self.status
        self._look_at_status()
        if self.status != before:
            self.run_changed()
            self.refresh_bindings()
        if self.feed is not None and self.feed.view.started is not None and not self._warmed:
            self._warmed = True
            self.session.warm()  # not earlier: two imports of torch at once take twice as long

    def _look_at_status(self) -> None:
        if self.feed is None or self.feed.view.ended is not None:
            return
        try:
            self._known = self.session.status(self.feed.run_id)
        except TuiLabError:
            self._known = RunStatus.CRASHED  # its directory is gone or torn
