"""The declared pictures that are not curves, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from tui_lab.config import Marker
from tui_lab.experiment import Curve, Experiment
from tui_lab.tui.widgets.chart import Chart
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.run import RunView


class PicturePane(Container):
    """Steps through the pictures, and through the views of one that has several."""

    DEFAULT_CSS = """
    PicturePane > Chart { border: none; }
    PicturePane > Chart:focus { border: none; }
    """

    def __init__(self, experiment: Experiment, marker: Marker) -> None:
        super().__init__()
        self.pictures = [p for p in experiment.pictures if not isinstance(p, Curve)]
        self.chosen = (0, 0)
        """Place of the picture, and of its view."""
        self._variants: list[str] = []
        self._chart = Chart(marker=marker)

    def compose(self) -> ComposeResult:
        if self.pictures:
            yield self._chart
        else:
            yield Static("This experiment has curves only.", markup=False)

    def turn(self) -> None:
        """The next view of the picture, or the next picture after the last of them."""
        place, variant = self.chosen
        if variant + 1 < len(self._variants):
            self.chosen = place, variant + 1
        elif self.pictures:
            self.chosen = (place + 1) % len(self.pictures), 0
            self._chart.forget_limits()

    def forget(self) -> None:
        """Another run comes: its axes are its own."""
        self._chart.forget_limits()

    def show(self, view: RunView) -> str:
        """Draw the chosen picture; returns what it is, in words."""
        if not self.pictures:
            return ""
        from tui_lab.view_models import pictures  # with numpy: after the first paint

        place, variant = self.chosen
        picture = self.pictures[place]
        self._variants = pictures.variants(picture, view)
        figure = pictures.picture_figure(picture, view, variant=variant)
        self._chart.show(figure, pictures.picture_legend(figure))
        return self._words(view)

    def _words(self, view: RunView) -> str:
        """`fit 2 of 3 · x₂ · step 300 · v next`"""
        place, variant = self.chosen
        picture = self.pictures[place]
        parts = [plain(picture.title)]
        parts += [f"{place + 1} of {len(self.pictures)}"] if len(self.pictures) > 1 else []
        parts += [self._variants[variant]] if len(self._variants) > 1 else []
        if picture.title in view.picture_steps:
            parts.append(f"step {view.picture_steps[picture.title]:,}")
        if len(self.pictures) > 1 or len(self._variants) > 1:
            parts.append("v next")
        return " · ".join(parts)
