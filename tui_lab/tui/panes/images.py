"""Small grey images in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.strip import Strip

from tui_lab.plots.style import PlotStyle
from tui_lab.tui.panes.framed_rows import FramedRows
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.exchange.graphics.shapes import Scene
    from tui_lab.view_models.picture_data import ImageGrid


class Images(FramedRows):
    """Shows the images of one `ImageGrid` that there is room for, and says how many those are."""

    _grid: ImageGrid | None = None
    _caption = ""
    _shown = 0

    def show(self, grid: ImageGrid, caption: str = "") -> None:
        """Show these images; only the cells that look different are sent. `caption` says how to
        read theirs."""
        self._grid, self._caption = grid, caption
        self.update_rows()

    def draw_rows(self, width: int, height: int, style: PlotStyle) -> Sequence[Strip]:
        if self._grid is None:
            return ()
        from tui_lab.plots.mosaic import image_rows  # deferred: it needs numpy

        rows, self._shown = image_rows(self._grid, width, height, style)
        return rows

    def scene(self) -> Scene | None:
        """What is shown, laid out as a picture; None where there is nothing to draw."""
        if self._grid is None or self._grid.note:
            return None
        from tui_lab.exchange.formats import Options  # deferred: it needs numpy
        from tui_lab.exchange.graphics.tiles import images

        return images(self._grid, plain(self.heading), Options().size)

    def notes(self) -> Sequence[str]:
        if self._grid is None or not len(self._grid.pixels):
            return ()
        wrong = sum(self._grid.wrong)
        counted = f"{self._shown} of {len(self._grid.pixels)}"
        notes = (self._caption if wrong else "", f"{wrong} wrong" if wrong else "", counted)
        return tuple(filter(None, notes))
