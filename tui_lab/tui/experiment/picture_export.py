"""The picture in front as a file: as it is drawn, with what is laid over it, smoothed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from tui_lab.tui.dialogs.picture_file import write_picture
from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.panes.heatmap import Heatmap
from tui_lab.tui.panes.images import Images

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.exchange.graphics.shapes import Scene
    from tui_lab.tui.experiment.screen import ExperimentScreen


def export_picture(screen: ExperimentScreen) -> None:
    """Ask where to, and write the focused chart or picture, else the first chart."""
    write_picture(screen, screen.session, _scene(screen), screen.run.id or screen.experiment.name)


def _scene(screen: ExperimentScreen) -> Scene | None:
    focused = screen.focused
    first = screen.charts.focused
    shown: Widget | None = focused
    if not isinstance(focused, Chart | Heatmap | Images):
        shown = screen.charts[first.title] if first is not None else None
    return shown.scene() if isinstance(shown, Chart | Heatmap | Images) else None
