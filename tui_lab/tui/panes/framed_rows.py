"""A picture made of rows of text in a frame; its words stand in the border and cover none of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.strip import Strip

from tui_lab.config import Marker
from tui_lab.plots.row_diff import changed
from tui_lab.plots.style import PlotStyle, themed
from tui_lab.tui.panes.frame import Frame
from tui_lab.view_models.plain_text import plain

CORNERS = 4
"""Columns of the border that its words can't have."""


class FramedRows(Frame, can_focus=True):
    """Base of the pictures: draws when seen, and sends only the cells that changed.

    A line API widget: one that renders to text is sent whole each time, 11 kB for a chart.
    A subclass gives the rows in `draw_rows`, remarks in `notes`, and calls `update_rows` when it
    has other data.
    """

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    FramedRows {
        width: 1fr;
        height: 1fr;
        border: round $border-blurred;
        border-title-color: $foreground;
        border-subtitle-color: $text-muted;
        border-title-style: none;
        &:focus { border: round $accent; border-title-style: bold; }
    }
    """

    HELP: ClassVar[str | None] = "A picture; `{pane.zoom=z}` gives it the whole screen."

    marker: reactive[Marker] = reactive[Marker]("braille", repaint=False, init=False)
    """What pictures are made of: braille, hd (quarter blocks) or ascii."""

    def __init__(
        self,
        heading: str = "",
        *,
        marker: Marker = "braille",
        name: str | None = None,
        id: str | None = None,  # noqa: A002 # Textual's own word
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        """A frame without rows; `heading` may hold anything, it is plain text."""
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self.heading = heading
        """What the picture shows; comes first in the upper border."""
        self.rows: Sequence[Strip] | None = None
        """What is on screen, once something is."""
        self._style: PlotStyle | None = None
        self.set_reactive(FramedRows.marker, marker)

    @abstractmethod
    def draw_rows(self, width: int, height: int, style: PlotStyle) -> Sequence[Strip]:
        """As many rows as the height, each as wide as the width; none while there are no data."""

    def title(self, style: PlotStyle) -> Content:
        """The words of the upper border."""
        return Content(plain(self.heading))

    def notes(self) -> Sequence[str]:
        """Remarks for the lower border on what was drawn last; plain text."""
        return ()

    def update_rows(self) -> None:
        """Bring the screen up to date, by the cells that changed, if this is on it at all."""
        before = self.rows
        if not before or not self._is_seen() or not self._fits(before):
            self.rows = None  # drawn when next painted
            self.refresh()
        else:
            self._draw()
            if len(self.rows or ()) != len(before):
                self.refresh()
            elif regions := changed(before, self.rows or ()):
                self.refresh(*regions)
        self._retitle()

    def render_line(self, y: int) -> Strip:
        if self.rows is None or not self._fits(self.rows):
            self._draw()
            self.call_later(self._retitle)  # the border may say how much was drawn
        rows = self.rows or ()
        return rows[y] if y < len(rows) else Strip.blank(self.size.width, self.rich_style)

    def watch_marker(self) -> None:
        self._style = None
        self.update_rows()

    def notify_style_update(self) -> None:
        """A theme or a class changed: colours are resolved again when next drawn."""
        super().notify_style_update()
        if self._style is not None and self._style != self._themed():
            self._style = None
            self.update_rows()

    def on_mount(self) -> None:
        self._retitle()

    def _is_seen(self) -> bool:
        return self.is_attached and self.screen.is_current and self.is_on_screen

    def _fits(self, rows: Sequence[Strip]) -> bool:
        width, height = self.size
        return not rows or (len(rows) == height and rows[0].cell_length == width)

    @property
    def style(self) -> PlotStyle:
        """How it is drawn in the theme of now."""
        if self._style is None:
            self._style = self._themed()
        return self._style

    def _draw(self) -> None:
        self.rows = self.draw_rows(*self.size, self.style)

    def _themed(self) -> PlotStyle:
        return themed(
            self.app.theme_variables,
            self.rich_style,
            self.background_colors[1],
            marker=self.marker,
            colour=not self.app.no_color,
        )

    def _retitle(self) -> None:
        if not self.is_attached:
            return
        title = self.title(self._style or self._themed())
        subtitle = Content(_fitting(self.notes(), self.size.width - CORNERS))
        self.write_border(title, subtitle)


def _fitting(notes: Sequence[str], width: int) -> str:
    """The first of the notes, and those after it that there is room for."""
    kept = ""
    for note in map(plain, notes):
        longer = f"{kept} · {note}" if kept else note
        if not kept or cell_len(longer) <= width:
            kept = longer
    return kept
