"""The declared pictures that are not curves, as many at a time as there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Static

from tui_lab.config import Marker
from tui_lab.experiment import Curve, Experiment, KeyFigures
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.panes.picture_slot import PictureSlot
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.run import RunView

_ROWS, _COLUMNS = 12, 70
"""What a picture needs, so that another one beside it is worth more than a larger one."""
_MOST = 2
"""Pictures along each side."""


class PicturePane(Container):
    """Steps through the pictures, and through the views of one that has several."""

    DEFAULT_CSS = """
    PicturePane { layout: grid; grid-gutter: 0; }
    """

    def __init__(self, experiment: Experiment, marker: Marker) -> None:
        super().__init__()
        self.pictures = [p for p in experiment.pictures if not isinstance(p, Curve)]
        self._steady = not experiment.demonstration
        """Whether axes only grow, as they should while a run goes on."""
        if experiment.demonstration and not any(isinstance(p, KeyFigures) for p in self.pictures):
            self.pictures.append(KeyFigures())
        self._there = self.pictures
        """Those that have something to show for the present values."""
        self.chosen = (0, 0)
        """Place of the first picture shown among these, and of its view."""
        self._variants: list[str] = []
        self._alone = False
        """Whether one picture has the whole pane."""
        self._marker = marker
        self._slots: list[PictureSlot] = []

    def compose(self) -> ComposeResult:
        if self.pictures:
            most = min(_MOST * _MOST, len(self.pictures))
            self._slots = [PictureSlot(self._marker) for _ in range(most)]
            yield from self._slots
        else:
            yield Static("This experiment has curves only.", markup=False)

    def on_resize(self) -> None:
        self._arrange()

    def turn(self) -> None:
        """The next view of the picture, or the next picture after the last of them."""
        place, variant = self.chosen
        if variant + 1 < len(self._variants):
            self.chosen = place, variant + 1
        elif self.pictures:
            self.chosen = (place + 1) % len(self._there), 0
            self.forget()

    def zoom(self, focused: Widget | None, *, zoomed: bool) -> None:
        """Give the whole pane to one picture, the focused one if it is one of them, and back."""
        shown = [slot for slot in self._slots if slot.display]
        place = next((i for i, slot in enumerate(shown) if slot in _lineage(focused)), 0)
        if zoomed and place:
            self.chosen = (self.chosen[0] + place) % len(self._there), 0
            self.forget()
        self._alone = zoomed
        self._arrange()

    def bring(self, title: str) -> bool:
        """Choose the picture of that title; whether there is one."""
        titles = [picture.title for picture in self.pictures]
        if title in titles:
            self._there, self.chosen = self.pictures, (titles.index(title), 0)
            self.forget()
        return title in titles

    def forget(self) -> None:
        """Other pictures come, or those of another run: their axes are their own."""
        for slot in self._slots:
            slot.forget()

    def show(self, view: RunView) -> str:
        """Draw the chosen picture, and those after it where there is room; returns what it is."""
        if not self.pictures:
            return ""
        from tui_lab.view_models import pictures  # with numpy: after the first paint

        self._look(view)
        self._arrange()
        place, variant = self.chosen
        self._variants = pictures.variants(self._there[place], view)
        for i, slot in enumerate(slot for slot in self._slots if slot.display):
            picture = self._there[(place + i) % len(self._there)]
            if not self._steady:
                slot.forget()
            slot.show(picture, view, 0 if i else variant, plain(picture.title))
        return self._words(view)

    def _look(self, view: RunView) -> None:
        """Pass over pictures whose data were taken away; the chosen one stays where it can."""
        from tui_lab.view_models.picture_data import is_withdrawn  # with numpy, as above

        there = [p for p in self.pictures if not is_withdrawn(view, p)] or self.pictures
        if there != self._there:
            chosen = self._there[self.chosen[0]]
            self.chosen = (there.index(chosen), self.chosen[1]) if chosen in there else (0, 0)
            self._there = there
            self.forget()

    def _arrange(self) -> None:
        """Give each picture that there is room for a place."""
        width, height = self.size
        most = 1 if self._alone else min(len(self._slots), len(self._there))
        rows = max(1, min(height // _ROWS, _MOST, most))
        columns = max(1, min(width // _COLUMNS, _MOST, -(-most // rows)))
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
        for i, slot in enumerate(self._slots):
            slot.display = i < rows * columns

    def _words(self, view: RunView) -> str:
        """`fit 2 of 3 · x₂ · step 300 · v next`"""
        place, variant = self.chosen
        picture = self._there[place]
        parts = [plain(picture.title)]
        parts += [f"{place + 1} of {len(self._there)}"] if len(self._there) > 1 else []
        parts += [self._variants[variant]] if len(self._variants) > 1 else []
        if step := view.picture_steps.get(picture.title, 0):  # of 0 it is what never changes
            parts.append(f"step {step:,}" + (f", now {view.step:,}" if view.step > step else ""))
        if len(self._there) > 1 or len(self._variants) > 1:
            parts.append(with_keys(self.app, "{pane.picture=v} next"))
        return " · ".join(parts)


def _lineage(widget: Widget | None) -> list[object]:
    """A widget and what holds it."""
    return [] if widget is None else [widget, *widget.ancestors]
