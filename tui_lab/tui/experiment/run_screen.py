"""What every screen of a run does: follow its log, live or long ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.tui.notice import tell
from tui_lab.tui.places import is_seen
from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:  # numpy comes with it, which is imported after the first paint
    from tui_lab.tui.experiment.run_feed import RunFeed, Standing

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
        self._furnished = False
        self._tailing: Timer | None = None
        """Looks at the logs, while there may be more to come."""

    def on_mount(self) -> None:
        # An app that is starting shows nothing yet, but would lay out and draw what is there, and
        # do it all again once it runs: what comes by way of its queue comes after that.
        self.app.call_later(self.call_next, self._enter)

    async def _enter(self) -> None:
        await self.mount(*self.contents())
        self.call_after_refresh(self.begin)

    def contents(self) -> Iterable[Widget]:
        """What the first paint shows."""
        return ()

    async def begin(self) -> None:
        """Complete the screen; its first paint is out."""
        await self.furnish()
        self._furnished = True
        self._tailing = self.set_interval(TAIL, self._follow)
        self.set_interval(1 / self.session.settings.fps, self.draw)
        self.set_interval(1.0, self.look_after)
        if self._wanted:
            self.open_run(self._wanted)
        self.session.warm()

    async def furnish(self) -> None:
        """Make the widgets that the first paint did without."""

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
        return self.feed.status if self.feed else None

    @property
    def is_live(self) -> bool:
        """Whether there is a worker to command."""
        return self.status is not None and not self.status.is_finished

    def open_run(self, run_id: str) -> None:
        """Show a run, live or long finished, from its log."""
        self._wanted = run_id
        if not self._furnished:
            return
        from tui_lab.tui.experiment.run_feed import RunFeed  # with numpy: after the first paint

        try:
            source = self.session.tail(run_id)
        except TuiLabError as error:
            tell(self, str(error), error=True)
            return
        self.feed = RunFeed(run_id, source, self.experiment)
        self.feed.inquire(self.session)
        self.read()
        self.run_opened()
        self.run_changed()
        self.draw()
        self.follow()

    def _follow(self) -> None:
        if not is_seen(self):
            return
        before = self.feed.standing if self.feed else None
        self.read()
        self._pass_on(before)
        if self._tailing is not None and not self.awaits_more:
            self._tailing.pause()

    def _pass_on(self, before: Standing | None) -> None:
        """Tell the rest of the screen when the run stands otherwise than before."""
        now = self.feed.standing if self.feed else None
        if now is None or now == before:
            return
        if now.measured and before and not before.measured:
            self.draw()  # a first point does not wait for the next frame
        self.run_changed()
        self.refresh_bindings()
        if _leaves_a_core(self.experiment, now):
            self.session.warm()

    def follow(self) -> None:
        """Look at the logs again, after a time in which there was nothing to come."""
        if self._tailing is not None:
            self._tailing.resume()

    @property
    def awaits_more(self) -> bool:
        """Whether a log may still have something to say."""
        return self.feed is not None and not self.feed.is_complete

    def look_after(self) -> None:
        """Once a second: what only asking can tell."""
        if not is_seen(self):
            return
        self.every_second()
        if self.feed is None:
            return
        before = self.feed.standing
        self.feed.inquire(self.session)
        self._pass_on(before)


def _leaves_a_core(experiment: Experiment, run: Standing) -> bool:
    """Whether the import of torch for the next run disturbs none. It takes a core for two seconds,
    and a step that uses every core waits for the last of them."""
    if experiment.demonstration:
        return run.measured
    return run.status is RunStatus.PAUSED or run.status.is_finished
