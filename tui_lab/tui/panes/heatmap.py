"""A matrix of numbers as shaded cells in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.strip import Strip

from tui_lab.plots.style import PlotStyle
from tui_lab.tui.panes.framed_rows import FramedRows
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.exchange.graphics.shapes import Scene
    from tui_lab.view_models.picture_data import Cells


class Heatmap(FramedRows):
    """Shows one `Cells`: the larger a number, the further its cell stands out."""

    _cells: Cells | None = None
    _axes = ""

    def show(self, cells: Cells, rows: str = "", columns: str = "") -> None:
        """Show this matrix; only the cells that look different are sent. `rows` and `columns` say
        what they are."""
        self._cells = cells
        self._axes = f"rows: {rows} · columns: {columns}" if rows and columns else ""
        self.update_rows()

    def draw_rows(self, width: int, height: int, style: PlotStyle) -> Sequence[Strip]:
        if self._cells is None:
            return ()
        from tui_lab.plots.mosaic import heatmap_rows  # deferred: it needs numpy

        return heatmap_rows(self._cells, width, height, style)

    def scene(self) -> Scene | None:
        """What is shown, laid out as a picture; None where there is nothing to draw."""
        if self._cells is None or self._cells.note:
            return None
        from tui_lab.exchange.formats import Options  # deferred: it needs numpy
        from tui_lab.exchange.graphics.tiles import heatmap

        return heatmap(self._cells, plain(self.heading), Options().size)

    def notes(self) -> Sequence[str]:
        return (self._axes,) if self._axes else ()
