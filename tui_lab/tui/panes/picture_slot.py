"""A place for one declared picture, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from tui_lab.config import Marker
from tui_lab.experiment import Heatmap, Images, KeyFigures, Picture, Table, Text
from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.panes.heatmap import Heatmap as HeatmapWidget
from tui_lab.tui.panes.images import Images as ImagesWidget
from tui_lab.tui.panes.table_view import TableView

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.run import RunView


class PictureSlot(Container):
    """Shows one picture at a time, in the widget that its kind needs."""

    DEFAULT_CSS = """
    PictureSlot { width: 1fr; height: 1fr; }
    PictureSlot > * { display: none; }
    PictureSlot > .-shown { display: block; }
    """

    def __init__(self, marker: Marker) -> None:
        super().__init__()
        self._chart = Chart(marker=marker, classes="-shown")
        self._heatmap = HeatmapWidget(marker=marker)
        self._images = ImagesWidget(marker=marker)
        self._table = TableView()
        self._shown: Widget = self._chart
        self._blank = True

    def compose(self) -> ComposeResult:
        yield from (self._chart, self._heatmap, self._images, self._table)

    def forget(self) -> None:
        """The next picture has axes of its own."""
        self._chart.forget_limits()

    def show(self, picture: Picture, view: RunView, variant: int = 0, heading: str = "") -> None:
        """Draw a picture that is not a curve."""
        # With numpy: after the first paint.
        from tui_lab.view_models.key_figures import key_figures
        from tui_lab.view_models.picture_data import heatmap_cells, image_grid, text_table
        from tui_lab.view_models.pictures import picture_figure, picture_legend

        match picture:
            case Heatmap():
                self._bring(self._heatmap, heading)
                self._heatmap.show(heatmap_cells(picture, view), picture.rows, picture.columns)
            case Images():
                self._bring(self._images, heading)
                self._images.show(image_grid(picture, view), picture.caption)
            case KeyFigures():
                self._bring(self._table, heading)
                self._table.show(key_figures(view))
            case Table() | Text():
                self._bring(self._table, heading)
                self._table.show(text_table(picture, view))
            case _:
                self._bring(self._chart, heading)
                figure = picture_figure(picture, view, variant=variant)
                if self._blank:
                    self.forget()  # the axes of nothing suit nothing else
                self._blank = not figure.lines
                self._chart.show(figure, picture_legend(figure))

    def _bring(self, widget: Chart | HeatmapWidget | ImagesWidget | TableView, text: str) -> None:
        widget.heading = text
        if widget is not self._shown:
            self._shown.remove_class("-shown")
            widget.add_class("-shown")
            self._shown = widget
