"""The screen of one experiment, made from its declaration alone: knobs, charts, panes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Footer, Static

from tui_lab.experiment import Curve, Experiment
from tui_lab.tui.lesson import lesson
from tui_lab.tui.run_overlays import RunOverlays
from tui_lab.tui.screens.knob_screen import KnobScreen, waiting_words
from tui_lab.tui.session import Session
from tui_lab.tui.widgets.chart import Chart
from tui_lab.tui.widgets.charts_pane import ChartsPane
from tui_lab.tui.widgets.knob import Knob
from tui_lab.tui.widgets.pane_box import pane_titles
from tui_lab.tui.widgets.run_header import RunHeader
from tui_lab.tui.widgets.run_panes import NAMES, RunPanes
from tui_lab.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.run import RunView

_TABS = dict(
    zip(("charts", *NAMES), ("charts", "grads", "code", "pics", "notes", "log"), strict=True)
)
"""Short names for the strip of a narrow screen."""
TURNS = ("-narrow", "-tiny", "-short")
"""Classes of screens on which charts and panes take turns."""
_HINT = "r starts a run with these values, p lists presets, ? every key"


def _tab(number: int, name: str) -> Binding:
    """A pane's key; the footer names them all at the first."""
    return Binding(
        str(number),
        f"open_pane('{name}')",
        "tabs" if number == 1 else name,
        key_display="1-5" if number == 1 else None,
        tooltip=f"Show the {name}",
        id=f"pane.{name}",
        show=number == 1,
    )


class ExperimentScreen(KnobScreen):
    """Knobs at the left, curves above, the panes of the run below."""

    CSS_PATH = "experiment.tcss"
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-normal"), (160, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (26, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(_tab(number, name) for number, name in enumerate(NAMES, 1)),
        Binding(
            "0",
            "open_pane('charts')",
            "charts",
            tooltip="Show the charts, or those that had no room",
            id="pane.charts",
        ),
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
            "z",
            "zoom",
            "zoom",
            tooltip="Give the focused pane the whole screen, and back",
            id="pane.zoom",
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
        Binding(
            "tab",
            "focus_pane(1)",
            "next pane",
            tooltip="To the next pane",
            id="pane.next",
            show=False,
        ),
        Binding(
            "shift+tab",
            "focus_pane(-1)",
            "previous pane",
            tooltip="To the pane before",
            id="pane.previous",
            show=False,
        ),
    ]

    def __init__(self, session: Session, experiment: Experiment) -> None:
        super().__init__(session, experiment)
        marker = session.settings.marker
        curves = [picture for picture in experiment.pictures if isinstance(picture, Curve)]
        self.header = RunHeader()
        self.charts = ChartsPane(curves, marker, id="charts")
        self.panes = RunPanes(experiment, lesson(experiment), marker, id="panes")
        self.status_line = StatusLine()
        self.overlays = RunOverlays(session, experiment)
        self.frozen = False
        self.device = ""
        """The device of the run shown, in words."""
        self._empty: RunView | None = None
        self._laid_over: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield self.header
        with Horizontal(id="body"):
            yield self.knobs
            with Vertical(id="right"):
                yield Static(id="strip")
                yield self.charts
                yield self.panes
        yield self.status_line
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        super().on_mount()
        self._name_strip()
        self.watch(self, "focused", self._make_room, init=False)

    async def furnish(self) -> None:
        """Charts and panes can be drawn from now on."""
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
            self.tell(sentence, error=True)
        self.refresh_bindings()

    def run_opened(self) -> None:
        super().run_opened()
        self.charts.forget()
        self.panes.forget()
        self.every_second()

    def read(self) -> None:
        super().read()
        self.overlays.read()

    def every_second(self) -> None:
        self.device = self._device()
        if self.run_id and self.panes.current == "log":
            self.panes.log_view.show_output(self.session.worker_output(self.run_id))

    def draw(self) -> None:
        view = self.feed.view if self.feed else self._empty
        if view is None:
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
            self.status_line.show_view(view, frozen=self.frozen)

    def _device(self) -> str:
        """The device of the run shown; with its load, if it is a GPU."""
        if self.feed is None or self.feed.view.started is None:
            return ""
        device = self.feed.view.started.device
        line = self.session.gpu(self.run_id) if device.startswith("cuda") and self.is_live else ""
        return line or device

    async def action_open_pane(self, name: str) -> None:
        """Show a pane; the charts again once they are shown bring those that had no room."""
        was_shown = not self.has_class("-on-panes")
        self.set_class(name != "charts", "-on-panes")
        if name != "charts":
            await self.panes.open(name)
        elif was_shown:
            self.charts.turn()
        self.every_second()
        self._name_strip()
        self.draw()

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

    def action_zoom(self) -> None:
        """Give one pane the whole screen, and back."""
        zoomed = not self.has_class("-zoomed")
        if zoomed and self.focused is not None and self.knobs not in self.focused.ancestors:
            self.set_class(self.panes in self.focused.ancestors, "-on-panes")
        self.set_class(zoomed, "-zoomed")
        self.charts.zoom(self.focused if zoomed else None)

    def action_focus_knobs(self) -> None:
        """Go to the knob that was turned last, where it has no place of its own in that of the
        panes."""
        self.remove_class("-zoomed")
        self.add_class("-on-knobs")
        self.call_after_refresh(super().action_focus_knobs)

    def action_focus_pane(self, direction: int) -> None:
        """Go round knobs, charts and the pane in front."""
        stops = [self.knobs.current, *self.charts.query(Chart), *self.panes.views]
        there = [stop for stop in stops if stop is self.knobs.current or stop.focusable]
        here = there.index(self.focused) if self.focused in there else min(-direction, 0)
        stop = there[(here + direction) % len(there)]
        if stop is self.knobs.current:
            self.action_focus_knobs()
        else:
            stop.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if (action, parameters) == ("open_pane", ("charts",)):
            takes_turns = any(self.has_class(name) for name in TURNS)
            return takes_turns or self.has_class("-zoomed") or self.charts.waiting
        if action == "clear_overlays":
            return True if self.overlays else None
        return super().check_action(action, parameters)

    def _make_room(self, focused: Widget | None) -> None:
        """On a narrow screen the knobs are there while one has the focus."""
        self.set_class(isinstance(focused, Knob), "-on-knobs")

    def _name_strip(self) -> None:
        current = self.panes.current if self.has_class("-on-panes") else "charts"
        self.query_one("#strip", Static).update(pane_titles(_TABS, current, first=0))
