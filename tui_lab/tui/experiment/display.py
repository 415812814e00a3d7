"""What is seen of the run that a screen follows: header, status line, charts and panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.inspection import GraphShown
from tui_lab.run import RunStatus
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.layout import ExperimentLayout
from tui_lab.tui.experiment.run_header import RunHeader
from tui_lab.tui.experiment.status_line import StatusLine
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.prediction import Outcome
    from tui_lab.view_models.run import RunView

_HINT = (
    "{run.start=r} starts a run with these values, {knobs.preset=p} lists presets, "
    "{app.help=?} every key"
)


_BACK = (
    "← → a column, shift ten, ↵ a step",
    "{run.branch=b} branches here",
    "{run.pause=space} back to now",
)
"""What keys do under the cursor, the least important first."""
_AXIS = 8
"""Columns of a chart that its border and its labels take, about."""


class RunDisplay:
    """Brings the widgets up to date with the run, where its data changed."""

    def __init__(self, experiment: Experiment, run: RunFollower, layout: ExperimentLayout) -> None:
        self.header = RunHeader()
        self.status_line = StatusLine()
        self.view: RunView | None = None
        """What is drawn; None until charts can be."""
        self.frozen = False
        """Whether the pictures are held still while the run goes on."""
        self.cold = False
        """Whether the run shown was started while no worker had torch imported."""
        self.note = ""
        """Why a step that is looked back at can't be computed again."""
        self.verdict = ""
        """Whether the last guess was right, in a few words, as long as the run shows it."""
        self._card = ""
        """The run as a command, once it has ended."""
        self._experiment = experiment
        self._run = run
        self._layout = layout
        self._charts, self._panes = layout.charts, layout.panes

    def change_to(self, view: RunView) -> None:
        """Draw another run from now on."""
        self.view, self.frozen, self.verdict, self._card = view, False, "", ""
        self._charts.forget()
        self._panes.forget()

    def look_at(self, view: RunView) -> None:
        """Draw the same run, as it is or as it was."""
        self.view = view

    @property
    def steps_per_column(self) -> int:
        """Steps of the run that a column of the chart stands for."""
        if self.view is None or self._chart is None:
            return 1
        columns = max(1, self._chart.size.width - _AXIS)
        return max(1, round((self.view.total_steps or self.view.step) / columns))

    def draw(self) -> None:
        """Draw what is visible, where it changed."""
        if self.view is None:
            return
        self._draw_lines(self.view)
        started = self.view.started
        self._charts.show_distance(bool(started and started.request.get("parent")))
        if not self.frozen:
            overlays = self._run.overlays.named(self._run.id, self._run.values)
            self._charts.show(self.view, overlays, self._run.members.curves)
        self._panes.show(self.view, frozen=self.frozen)
        self._layout.fit_panes()

    async def reveal(self, outcome: Outcome) -> None:
        """Say what came of a guess in the lesson, the log and the status line, and put the picture
        that shows it in front."""
        self.verdict = outcome.short
        self._panes.notes.tell(f"{outcome.asked}\n{outcome.sentence}")
        self._panes.log_view.tell(outcome.sentence)
        await self._layout.bring(outcome.picture)
        self.draw()

    def tell_card(self, command: str) -> None:
        """Say in the log and, where there is room, in the status line what makes the run again."""
        if command != self._card:
            self._card = command
            self._panes.log_view.tell(f"to run it again: {command}")
            self.draw()

    def look_after(self, session: Session) -> None:
        """What changes slowly: the load of the device, what the worker printed."""
        try:
            self._run.ask_device()
            if self._run.id and self._panes.current == "log":
                self._panes.log_view.show_output(session.runs.worker_output(self._run.id))
        except TuiLabError as error:
            self._panes.log_view.show_output(str(error))

    def change(self, option: str) -> None:
        """Draw in another way: `log`, `smoothing`, `across` of the curves; the next series in
        `front`; the next `picture`; no other runs (`clear`); how its population is spread, or not
        (`band`); hold still, or no more (`freeze`)."""
        charts = self._charts
        if option == "log" and charts.focused is not None:
            charts.options = charts.options.toggle_log(charts.focused.title)
        elif option == "smoothing":
            charts.options = charts.options.next_smoothing()
        elif option == "across":
            charts.options = charts.options.next_across()
        elif option == "front" and self._chart is not None:
            self._chart.next_front()
        elif option == "picture":
            self._panes.pictures.turn()
        elif option == "clear":
            self._run.overlays.clear()
        elif option == "band":
            self._run.show_members()
        elif option == "freeze":
            self.frozen = not self.frozen

    def can(self, option: str) -> bool:
        """Whether drawing in that way makes a difference now."""
        if option == "front":
            return self._chart is not None and self._chart.can_dim
        if option == "freeze":
            return self._run.feed is not None
        if option == "band":
            return self._run.is_member
        return option != "clear" or bool(self._run.overlays)

    @property
    def graph(self) -> GraphShown | None:
        """The newest graph behind the loss that the run has shown."""
        return self.view.opened.graph if self.view else None

    @property
    def _chart(self) -> Chart | None:
        """The chart in focus; where none is, the first that is seen."""
        seen = [chart for pane in (self._charts, self._panes) for chart in pane.query(Chart)]
        seen = [chart for chart in seen if chart.region.area and chart.display]
        focused = (chart for chart in seen if chart.has_focus)
        return next(focused, next(iter(seen), None))

    def _draw_lines(self, view: RunView) -> None:
        run = self._run
        waiting = waiting_words(run.status, cold=self.cold)
        self.header.show_run(
            self._experiment.title,
            run.id,
            run.status,
            waiting=waiting,
            device=run.device,
            fate=fate(view) if run.feed else "",
        )
        if view.cursor is not None:
            keys = (with_keys(self.header.app, words) for words in _BACK)
            self.status_line.show_past(view, [self.note] if self.note else [*keys])
        elif run.feed is None:
            self.status_line.show_hint(self._overlaid() or with_keys(self.header.app, _HINT))
        else:
            self.status_line.show_view(
                view,
                frozen=self.frozen,
                crash=run.crash,
                verdict=self.verdict,
                overlaid=self._overlaid(),
                card=self._card,
                terminal=run.terminal,
            )

    def _overlaid(self) -> str:
        """How many runs lie over the one shown, or how many its population has, and the key that
        takes them off."""
        count = self._run.overlays.count(self._run.id)
        words = overlaid_words(count) if count else self._run.members.words
        return with_keys(self.header.app, words)


def overlaid_words(count: int) -> str:
    """So many runs lie over the one shown; the key is still to be named."""
    what, them = ("1 run", "it") if count == 1 else (f"{count} runs", "them")
    return f"{what} laid over, {{chart.clear=O}} takes {them} off"


def fate(view: RunView) -> str:
    """`at step 12` of a run that failed, `diverged at step 19` of one that did."""
    from tui_lab.events import RunFailed  # with the rest of what needs numpy
    from tui_lab.view_models.divergence import diverged_words

    failed = f"at step {view.ended.step:,}" if isinstance(view.ended, RunFailed) else ""
    return " · ".join(filter(None, (failed, diverged_words(view.diverged))))


def waiting_words(status: RunStatus | None, *, cold: bool) -> str:
    """What a run that has not begun is waiting for."""
    if status is not RunStatus.PENDING:
        return ""
    return "importing torch…" if cold else "starting…"
