"""One study while it runs and afterwards: its trials, the best of them, what matters in it."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.study import StudyRequest
from tui_lab.tui.navigation import Navigation, is_seen
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.study.actions import actions, open_trial, possible
from tui_lab.tui.study.bindings import STUDY
from tui_lab.tui.study.feed import StudyFeed
from tui_lab.tui.study.layout import StudyLayout
from tui_lab.tui.study.table import TrialTable
from tui_lab.tui.study.words import header, status
from tui_lab.tui.widgets.key_line import KeyLine
from tui_lab.tui.widgets.line import Line
from tui_lab.view_models.knob_scale import is_goal_wide
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.study import StudyView, best_first

LOOK = 0.5
"""Seconds between two looks at the trials."""


class StudyScreen(Screen[None]):
    """Shows what the trials came to; every one of them is a run to look into."""

    TITLE = "Study"
    CSS_PATH = "study.tcss"
    AUTO_FOCUS = "TrialTable"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (26, "-tall")]
    HELP = (
        "A study in Optuna's words: every trial is a run with other values, or several with other "
        "seeds. ✓ is complete, ● runs, … waits, ■ was pruned, ✗ failed; a digit is the rank of one "
        "of the best. {trials.open=enter} shows the trial's run, {trials.overlay=o} lays the best "
        "over each other. The study goes on when this screen is left."
    )
    BINDINGS: ClassVar[list[BindingType]] = STUDY
    lab = getters.app(Navigation)

    def __init__(
        self,
        session: Session,
        study_id: str,
        request: StudyRequest,
        experiment: Experiment | None,
    ) -> None:
        super().__init__()
        self.session, self.request, self.experiment = session, request, experiment
        self.view = StudyView(request, experiment)
        self.study = StudyFeed(session, study_id, self.view)
        self.order = best_first(self.view, "goal")
        self.best = 5
        """How many of the best are set apart."""
        self.header, self.status = Line(), Line(classes="status")
        self.body = StudyLayout(self.view, session.settings.marker)
        self._drawn: tuple[object, ...] = ()
        """What the parallel coordinates were drawn of last."""
        self._is_shown = self._is_reading = False
        self.log_goal: bool | None = None
        """Whether its axis is logarithmic by a person's choice; None: by the goals themselves."""
        for name, action in actions(self):
            setattr(self, f"action_{name}", action)

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.body
        yield self.status
        yield KeyLine()

    def on_mount(self) -> None:
        self.set_interval(LOOK, self.look)
        self.call_after_refresh(self.look)

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self.look)

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)

    def look(self) -> None:
        """Read on, as long as somebody looks; one look waits for the one before."""
        if is_seen(self) and self.is_mounted and not self._is_reading:
            self._is_reading = True
            self._read()

    @work(group="read", exit_on_error=False)
    async def _read(self) -> None:
        """Take in what is new and show it; then work out what matters, if there is enough."""
        try:
            if await self.study.read() or not self._is_shown:
                self.show()
            if self.study.wants_weighing:
                await self.study.weigh()
                self.draw()
        except TuiLabError as error:
            self.status.show((Content.styled(plain(str(error)), "bold $error"),))
        finally:
            self._is_reading = False

    def show(self) -> None:
        """Bring everything up to date."""
        self._is_shown = True
        summary = self.study.summary
        self.header.show(*header(self.view, self.study.id, summary))
        self.status.show(*status(self.app, self.view, summary))
        self.body.table.show(self.view.ordered(self.order), self.order, self.best)
        self.draw()
        self.refresh_bindings()

    def draw(self) -> None:
        """Draw the pictures that are seen, where they changed."""
        from tui_lab.view_models.study_figures import parallel  # with numpy: after the first paint

        knobs = self.body.knobs
        knobs.log_goal = is_goal_wide(self.view) if self.log_goal is None else self.log_goal
        knobs.draw(self.best)
        state = (self.view.revision, self.best, self.size)
        if state != self._drawn and self.body.parallel.display:
            self._drawn = state
            self.body.parallel.show(parallel(self.view, self.best), self.best)
        shares = {self.view.label(n): share for n, share in self.study.importance.items()}
        self.body.importance.show(shares)

    @on(TrialTable.Opened)
    def open_trial(self, event: TrialTable.Opened) -> None:
        """Show the trial's run in the screen of its experiment."""
        open_trial(self, event.trial)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key does something now; None shows it switched off."""
        return possible(self, action, parameters)
