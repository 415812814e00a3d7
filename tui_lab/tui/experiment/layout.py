"""Where things stand on the screen of an experiment: what is side by side, what takes turns."""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from tui_lab.config import Marker
from tui_lab.experiment import Curve, Experiment
from tui_lab.tui.knobs.knob import Knob
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.panes.charts_pane import ChartsPane
from tui_lab.tui.panes.pane_box import pane_titles
from tui_lab.tui.panes.run_panes import NAMES, RunPanes

_TABS = dict(
    zip(("charts", *NAMES), ("charts", "grads", "code", "pics", "notes", "log"), strict=True)
)
"""Short names for the strip of a narrow screen."""
TURNS = ("-narrow", "-tiny", "-short")
"""Classes of screens on which charts and panes take turns."""


class ExperimentLayout(Horizontal):
    """Knobs at the left, curves above, the panes of the run below. Where there is no room for all
    of it the curves and the panes take turns, then the knobs too."""

    def __init__(
        self, experiment: Experiment, knobs: KnobPanel, lesson: Callable[[], str], marker: Marker
    ) -> None:
        curves = [picture for picture in experiment.pictures if isinstance(picture, Curve)]
        charts = ChartsPane(curves, marker, id="charts")
        panes = RunPanes(experiment, lesson, marker, id="panes")
        strip = Static(id="strip")
        strip.auto_links = False  # or its words would all look alike
        super().__init__(knobs, Vertical(strip, charts, panes, id="right"))
        self.knobs, self.charts, self.panes, self._strip = knobs, charts, panes, strip
        if not curves:
            self.panes.current = "pictures"
            self.set_classes("-no-charts -on-panes")

    def on_mount(self) -> None:
        self._name_strip()
        self.watch(self.screen, "focused", self._make_room, init=False)

    async def open(self, name: str) -> None:
        """Show a pane; the charts again once they are shown bring those that had no room."""
        was_shown = not self.has_class("-on-panes")
        self.set_class(name != "charts", "-on-panes")
        if name != "charts":
            await self.panes.open(name)
        elif was_shown:
            self.charts.turn()
        self._name_strip()

    def zoom(self) -> None:
        """Give one pane the whole screen, and back."""
        zoomed = not self.has_class("-zoomed")
        focused = self.screen.focused
        if zoomed and focused is not None and self.knobs not in focused.ancestors:
            self.set_class(self.panes in focused.ancestors, "-on-panes")
        self.set_class(zoomed, "-zoomed")
        self.charts.zoom(focused if zoomed else None)

    def focus_knobs(self) -> None:
        """Go to the knob that was turned last, where it has no place of its own in that of the
        panes."""
        self.remove_class("-zoomed")
        self.add_class("-on-knobs")
        self.call_after_refresh(self.knobs.focus_current)

    def focus_pane(self, direction: int) -> None:
        """Go round knobs, charts and the pane in front."""
        focused = self.screen.focused
        stops = [self.knobs.current, *self.charts.query(Chart), *self.panes.views]
        there = [stop for stop in stops if stop is self.knobs.current or _is_there(stop)]
        here = there.index(focused) if focused in there else min(-direction, 0)
        stop = there[(here + direction) % len(there)]
        if stop is self.knobs.current:
            self.focus_knobs()
        else:
            stop.focus()

    @property
    def has_charts_to_show(self) -> bool:
        """Whether there are charts, and asking for them would change what is seen."""
        takes_turns = any(self.screen.has_class(name) for name in TURNS)
        is_hidden = takes_turns or self.has_class("-zoomed") or self.charts.waiting
        return bool(self.charts.curves) and is_hidden

    def _make_room(self, focused: Widget | None) -> None:
        """On a narrow screen the knobs are there while one has the focus."""
        self.set_class(isinstance(focused, Knob), "-on-knobs")

    def _name_strip(self) -> None:
        current = self.panes.current if self.has_class("-on-panes") else "charts"
        tabs = dict(_TABS)
        if not self.charts.curves:
            del tabs["charts"]
        titles = pane_titles(self.app, tabs, current, first=len(_TABS) - len(tabs))
        self._strip.update(titles)


def _is_there(widget: Widget) -> bool:
    """Whether a widget is on the screen and may have the focus."""
    return widget.focusable and widget.region.area > 0
