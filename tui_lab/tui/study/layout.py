"""Where things stand on the screen of a study: what is side by side, what takes turns."""

from __future__ import annotations

from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from tui_lab.config import Marker
from tui_lab.tui.panes.pane_box import pane_titles
from tui_lab.tui.study.bindings import PANES
from tui_lab.tui.study.pictures import ImportanceBars, KnobCharts, ParallelChart
from tui_lab.tui.study.table import TrialTable
from tui_lab.view_models.study import StudyView

_FEWEST = Size(100, 26)
"""Columns and rows from which on trials and pictures stand together."""
_ALL_KNOBS = 160
"""Columns from which on every knob has its chart at once."""


class StudyLayout(Vertical):
    """The table above, the pictures below; in turns where there is no room, or one is zoomed."""

    def __init__(self, view: StudyView, marker: Marker) -> None:
        self.table = TrialTable(view, id="trials")
        self.table.border_title = "Trials"
        self.knobs = KnobCharts(view, marker, id="knobs")
        self.parallel = ParallelChart(marker, id="parallel")
        self.importance = ImportanceBars(marker, id="importance")
        self.strip = Static(id="strip")
        self.strip.auto_links = False  # or its words would all look alike
        self._beside = Container(self.parallel, self.importance, id="beside")
        self._pictures = Container(self.knobs, self._beside, id="pictures")
        super().__init__(self.strip, self.table, self._pictures, id="body")
        self.panes: dict[str, Widget] = dict(
            zip(PANES, (self.table, self.knobs, self.parallel, self.importance), strict=True)
        )
        self.current = PANES[0]
        """The pane that is shown where only one is."""
        self.zoomed = False

    def on_resize(self) -> None:
        self.place()

    @property
    def takes_turns(self) -> bool:
        """Whether one pane is shown at a time."""
        room = self.screen.size
        return self.zoomed or room.width < _FEWEST.width or room.height < _FEWEST.height

    def open(self, name: str) -> None:
        """Go to a pane; where they take turns it is shown instead of the others."""
        self.current = name
        self.place()
        self._stop(name).focus()

    def focus_pane(self, direction: int) -> None:
        """Go round the panes."""
        names = list(self.panes)
        self.open(names[(names.index(self.focused) + direction) % len(names)])

    @property
    def focused(self) -> str:
        """The pane that has the focus, else the one that would be shown alone."""
        focused = self.screen.focused
        around = [] if focused is None else [focused, *focused.ancestors]
        return next((name for name, pane in self.panes.items() if pane in around), self.current)

    def zoom(self) -> None:
        """Give one pane the whole screen, and back."""
        self.current = self.focused
        self.zoomed = not self.zoomed
        self.place()

    def place(self) -> None:
        """Show what there is room for."""
        turns = self.takes_turns
        self.set_class(turns, "-turns")
        for name, pane in self.panes.items():
            pane.display = not turns or name == self.current
        self._beside.display = self.parallel.display or self.importance.display
        self._pictures.display = self.knobs.display or self._beside.display
        wide = self.screen.size.width >= _ALL_KNOBS
        self.knobs.lay_out(together=wide or self.zoomed)
        self.strip.display = turns and not self.zoomed
        labels = {name: name for name in PANES}
        numbers = {name: number for number, name in enumerate(PANES, 1)}
        self.strip.update(pane_titles(self.app, labels, self.current, numbers))

    def _stop(self, name: str) -> Widget:
        """What has the focus in a pane."""
        return self.knobs.charts[self.knobs.current] if name == "knobs" else self.panes[name]
