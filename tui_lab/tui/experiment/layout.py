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
from tui_lab.tui.panes.pane_box import TURNS, pane_titles
from tui_lab.tui.panes.run_panes import NAMES, NUMBERS, RunPanes
from tui_lab.watching import is_script

_TABS = dict(
    zip(("charts", *NAMES), ("charts", "grads", "code", "pics", "notes", "log"), strict=True)
)
"""Short names for the strip of a narrow screen."""


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
        self._most_rows = 0
        self.knobs, self.charts, self.panes, self._strip = knobs, charts, panes, strip
        if not curves:
            self.set_classes("-no-charts -on-panes")
        if not isinstance(next(iter(experiment.pictures), None), Curve):  # the main one is first
            self.panes.current = "log" if is_script(experiment) else "pictures"
            self.add_class("-on-panes")

    def on_mount(self) -> None:
        self._name_strip()
        self.watch(self.screen, "focused", self._make_room, init=False)

    @property
    def _there(self) -> list[str]:
        """The panes that this experiment has, by name."""
        return [*(["charts"] if self.charts.curves else []), *self.panes.panes]

    async def open(self, name: str) -> None:
        """Show a pane; the charts again once they are shown bring those that had no room. The
        pictures stand in for one that this experiment does not have."""
        if name not in self._there:
            name = "pictures"
        was_shown = not self.has_class("-on-panes")
        self.set_class(name != "charts", "-on-panes")
        if name != "charts":
            await self.panes.open(name)
        elif was_shown:
            self.charts.turn()
        self._name_strip()
        self.fit_panes()

    def show_curve(self, key: str) -> None:
        """Bring a curve of this metric to where it is seen."""
        if self.charts.bring_metric(key):
            self.set_class(False, "-on-panes")
            self._name_strip()

    def fit_panes(self) -> None:
        """Leave to the charts what the pane in front has no use for."""
        beside = not (self._takes_turns or self.has_class("-zoomed") or not self.charts.curves)
        rows = self.panes.most_rows if beside else 0
        if rows != self._most_rows:
            self._most_rows = rows
            self.panes.styles.max_height = rows or None

    async def bring(self, title: str) -> None:
        """Put the picture of that title in front: a curve with the lesson below it where there is
        room for both; the lesson alone where there is no such picture."""
        if title in (curve.title for curve in self.charts.curves):
            await self.panes.open("notes")
            self.remove_class("-on-panes")
            self.charts.bring(title)
        else:
            known = self.panes.pictures.bring(title)
            await self.panes.open("pictures" if known else "notes")
            self.add_class("-on-panes")
        self._name_strip()

    def zoom(self) -> None:
        """Give one pane the whole screen, and back."""
        zoomed = not self.has_class("-zoomed")
        focused = self.screen.focused
        if zoomed and focused is not None and self.knobs not in focused.ancestors:
            self.set_class(self.panes in focused.ancestors, "-on-panes")
        self.set_class(zoomed, "-zoomed")
        self.charts.zoom(focused if zoomed else None)
        self.panes.pictures.zoom(focused, zoomed=zoomed)
        self.fit_panes()

    def focus_knobs(self) -> None:
        """Go to the knob that was turned last, where it has no place of its own in that of the
        panes."""
        self.remove_class("-zoomed")
        self.add_class("-on-knobs")
        self.knobs.focus_current()

    def focus_pane(self, direction: int) -> None:
        """Go round knobs, charts and the pane in front."""
        focused = self.screen.focused
        knobs = [] if self.knobs.current is None else [self.knobs.current]
        stops = [*knobs, *self.charts.query(Chart), *self.panes.views]
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
        is_hidden = self._takes_turns or self.has_class("-zoomed") or self.charts.waiting
        return bool(self.charts.curves) and is_hidden

    @property
    def _takes_turns(self) -> bool:
        return any(self.screen.has_class(name) for name in TURNS)

    def _make_room(self, focused: Widget | None) -> None:
        """On a narrow screen the knobs are there while one has the focus."""
        self.set_class(isinstance(focused, Knob), "-on-knobs")

    def _name_strip(self) -> None:
        current = self.panes.current if self.has_class("-on-panes") else "charts"
        tabs = {name: label for name, label in _TABS.items() if name in self._there}
        titles = pane_titles(self.app, tabs, current, {"charts": 0, **NUMBERS})
        self._strip.update(titles)


def _is_there(widget: Widget) -> bool:
    """Whether a widget is on the screen and may have the focus."""
    return widget.focusable and widget.region.area > 0
