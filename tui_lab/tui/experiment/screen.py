"""The screen of one experiment, made from its declaration alone: knobs, charts, panes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.tui.experiment.knob_screen import waiting_words
from tui_lab.tui.experiment.paned_screen import PanedScreen
from tui_lab.tui.experiment.run_overlays import RunOverlays
from tui_lab.tui.notice import tell
from tui_lab.tui.places import is_seen
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.run import RunView

_HINT = "r starts a run with these values, p lists presets, ? every key"


class ExperimentScreen(PanedScreen):
    """Knobs at the left, curves above, the panes of the run below."""

    CSS_PATH = "experiment.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "v",
            "next_picture",
            "picture",
            tooltip="The next picture, or the next view of it",
            id="pane.picture",
            show=False,
        ),
        Binding(
            "l",
            "chart('log')",
            "log y",
            tooltip="Logarithmic axis of the focused chart, else of the first",
            id="chart.log",
            show=False,
        ),
        Binding(
            "s",
            "chart('smoothing')",
            "smooth",
            tooltip="Smooth the curves more, then not at all",
            id="chart.smoothing",
            show=False,
        ),
        Binding(
            "x",
            "chart('across')",
            "x axis",
            tooltip="Steps, epochs or seconds along the x axis",
            id="chart.across",
            show=False,
        ),
        Binding(
            "O",
            "clear_overlays",
            "no overlay",
            tooltip="Take the other runs' curves away",
            id="chart.clear",
            show=False,
        ),
        Binding(
            "f",
            "freeze",
            "freeze",
            tooltip="Hold the pictures still while the run goes on",
            id="chart.freeze",
            show=False,
        ),
    ]

    def __init__(self, session: Session, experiment: Experiment) -> None:
        super().__init__(session, experiment)
        self.overlays = RunOverlays(session, experiment)
        self.frozen = False
        self.device = ""
        """The device of the run shown, in words."""
        self._crash = ""
        """Why the worker of the run shown is gone, if it vanished."""
        self._empty: RunView | None = None
        self._laid_over: tuple[str, ...] = ()

    async def furnish(self) -> None:
        """Charts and panes can be drawn from now on."""
        await super().furnish()
        from tui_lab.view_models.run import RunView  # with numpy: after the first paint

        self._empty = RunView(self.experiment)
        self.overlay(self._laid_over)
        self.draw()

    def overlay(self, run_ids: Sequence[str]) -> None:
        """Lay the curves of other runs over those of the run shown."""
        if self._empty is None:
            self._laid_over = tuple(run_ids)
            return
        for sentence in self.overlays.add(run_ids):
            tell(self, sentence, error=True)
        self.refresh_bindings()
        self.follow()

    @property
    def awaits_more(self) -> bool:
        return super().awaits_more or self.overlays.awaits_more

    def run_opened(self) -> None:
        super().run_opened()
        self.frozen, self._crash = False, ""
        self.charts.forget()
        self.panes.forget()
        self.every_second()

    def run_changed(self) -> None:
        super().run_changed()
        if self.status is RunStatus.CRASHED:
            self._crash = plain(self._why())
            self.draw()

    def _why(self) -> str:
        try:
            return self.session.summary(self.run_id).error or "The worker vanished."
        except TuiLabError as error:
            return str(error)

    def read(self) -> None:
        super().read()
        self.overlays.read()

    def every_second(self) -> None:
        try:
            self.device = self._device()
            if self.run_id and self.panes.current == "log":
                self.panes.log_view.show_output(self.session.worker_output(self.run_id))
        except TuiLabError as error:
            self.panes.log_view.show_output(str(error))

    def draw(self) -> None:
        view = self.feed.view if self.feed else self._empty
        if view is None or not is_seen(self):
            return
        self._draw_lines(view)
        if not self.frozen:
            self.charts.show(view, self.overlays.named(self.run_id, self.values))
        self.panes.show(view, frozen=self.frozen)

    def _draw_lines(self, view: RunView) -> None:
        waiting = waiting_words(self.status, cold=self.cold)
        self.header.show_run(
            self.experiment.title, self.run_id, self.status, waiting=waiting, device=self.device
        )
        if self.feed is None:
            self.status_line.show_hint(_HINT)
        else:
            self.status_line.show_view(view, frozen=self.frozen, crash=self._crash)

    def _device(self) -> str:
        """The device of the run shown; with its load, if it is a GPU."""
        if self.feed is None or self.feed.view.started is None:
            return ""
        device = self.feed.view.started.device
        line = self.session.gpu(self.run_id) if device.startswith("cuda") and self.is_live else ""
        return line or device

    def action_next_picture(self) -> None:
        """The next picture, or the next view of the one shown."""
        self.panes.pictures.turn()
        self.draw()

    def action_chart(self, option: str) -> None:
        """Draw the curves in another way."""
        charts = self.charts
        if option == "log" and charts.focused is not None:
            charts.options = charts.options.toggle_log(charts.focused.title)
        elif option == "smoothing":
            charts.options = charts.options.next_smoothing()
        elif option == "across":
            charts.options = charts.options.next_across()
        self.draw()

    def action_clear_overlays(self) -> None:
        """Take the other runs' curves away."""
        self.overlays.clear()
        self.refresh_bindings()
        self.draw()

    def action_freeze(self) -> None:
        """Hold the pictures still while the run goes on, or let them follow it again."""
        self.frozen = not self.frozen
        self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "freeze":
            return True if self.feed is not None else None
        if action == "clear_overlays":
            return True if self.overlays else None
        return super().check_action(action, parameters)
