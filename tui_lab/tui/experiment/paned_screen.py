"""Where things stand on the screen of an experiment: what is side by side, what takes turns."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from tui_lab.experiment import Curve, Experiment
from tui_lab.tui.experiment.knob_screen import KnobScreen
from tui_lab.tui.experiment.run_header import RunHeader
from tui_lab.tui.experiment.status_line import StatusLine
from tui_lab.tui.knobs.knob import Knob
from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.panes.charts_pane import ChartsPane
from tui_lab.tui.panes.pane_box import pane_titles
from tui_lab.tui.panes.run_panes import NAMES, RunPanes
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.widgets.key_line import KeyLine

_TABS = dict(
    zip(("charts", *NAMES), ("charts", "grads", "code", "pics", "notes", "log"), strict=True)
)
"""Short names for the strip of a narrow screen."""
TURNS = ("-narrow", "-tiny", "-short")
"""Classes of screens on which charts and panes take turns."""


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


class PanedScreen(KnobScreen):
    """Knobs at the left, curves above, the panes of the run below. Where there is no room for all
    of it the curves and the panes take turns, then the knobs too."""

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
        self.panes = RunPanes(experiment, partial(_lesson, experiment), marker, id="panes")
        self.status_line = StatusLine()
        self._strip = Static(id="strip")
        if not curves:
            self.panes.current = "pictures"
            self.set_classes("-no-charts -on-panes")

    def contents(self) -> Iterable[Widget]:
        self._strip.auto_links = False  # or its words would all look alike
        right = Vertical(self._strip, self.charts, self.panes, id="right")
        return self.header, Horizontal(self.knobs, right, id="body"), self.status_line, KeyLine()

    def on_mount(self) -> None:
        self._name_strip()
        self.watch(self, "focused", self._make_room, init=False)

    async def furnish(self) -> None:
        await self.panes.open(self.panes.current)

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
        there = [stop for stop in stops if stop is self.knobs.current or _is_there(stop)]
        here = there.index(self.focused) if self.focused in there else min(-direction, 0)
        stop = there[(here + direction) % len(there)]
        if stop is self.knobs.current:
            self.action_focus_knobs()
        else:
            stop.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if (action, parameters) == ("open_pane", ("charts",)):
            takes_turns = any(self.has_class(name) for name in TURNS)
            if not self.charts.curves:
                return False
            return takes_turns or self.has_class("-zoomed") or self.charts.waiting
        return super().check_action(action, parameters)

    def _make_room(self, focused: Widget | None) -> None:
        """On a narrow screen the knobs are there while one has the focus."""
        self.set_class(isinstance(focused, Knob), "-on-knobs")

    def _name_strip(self) -> None:
        current = self.panes.current if self.has_class("-on-panes") else "charts"
        tabs = dict(_TABS)
        if not self.charts.curves:
            del tabs["charts"]
        titles = pane_titles(tabs, current, first=len(_TABS) - len(tabs))
        self._strip.update(titles)


def _is_there(widget: Widget) -> bool:
    """Whether a widget is on the screen and may have the focus."""
    return widget.focusable and widget.region.area > 0


def _lesson(experiment: Experiment) -> str:
    from tui_lab.tui.panes.lesson import lesson  # when its pane is first opened

    return lesson(experiment)
