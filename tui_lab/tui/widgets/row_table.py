"""Rows under a heading, however many there are: only those on the screen are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Region
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

HEADER = 1
"""Rows above the first."""
PADDING = 2
"""Columns beside every cell."""


class Cell(NamedTuple):
    """Text as wide as its column."""

    plain: str
    variable: str = ""
    """The theme's variable of its colour; empty for the usual one."""


def fitted(text: str, width: int, *, left: bool, variable: str = "") -> Cell:
    """A cell of exactly `width` columns, with an ellipsis where something was cut; its text begins
    at the left, or ends at the right."""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1) + "…"
    missing = " " * (width - cell_len(text))
    return Cell(text + missing if left else missing + text, variable)


class CursorRows(ScrollView, can_focus=True):
    """Rows under a heading, one of them under a cursor; a subclass draws them and binds keys to the
    moves.

    A line API widget: the toolkit's own table measures and keeps every cell, which takes seconds
    for a few thousand rows.
    """

    ALLOW_SELECT = False

    cursor: reactive[int] = reactive(0, repaint=False)
    """The place of the row under the cursor."""

    @property
    def row_count(self) -> int:
        raise NotImplementedError

    def action_open(self) -> None:
        """Open what is under the cursor."""
        raise NotImplementedError

    @property
    def rows_shown(self) -> int:
        """How many rows there is room for."""
        return max(1, self.scrollable_content_region.height - HEADER)

    def refresh_row(self, place: int) -> None:
        """Draw a row again, if it is on the screen."""
        y = place + HEADER - self.scroll_offset.y
        if HEADER <= y < self.scrollable_content_region.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def watch_cursor(self, before: int, cursor: int) -> None:
        self.refresh_row(before)
        self.refresh_row(cursor)
        self.scroll_to_cursor()

    def scroll_to_cursor(self) -> None:
        """Have the row under the cursor in sight."""
        top = min(max(self.scroll_offset.y, self.cursor - self.rows_shown + 1), self.cursor)
        self.scroll_to(y=top, animate=False)

    def place_of(self, event: events.Click) -> int | None:
        """Which row was clicked on; None for none."""
        offset = event.get_content_offset(self)
        place = offset.y - HEADER + self.scroll_offset.y if offset else -1
        return place if offset and offset.y >= HEADER and place < self.row_count else None

    def action_move(self, rows: int) -> None:
        self.action_move_to(min(max(self.cursor + rows, 0), self.row_count - 1))

    def action_page(self, pages: int) -> None:
        self.action_move(pages * self.rows_shown)

    def action_move_to(self, place: int) -> None:
        """To a row; -1 is the last."""
        if self.row_count:
            self.cursor = place % self.row_count


class RowTable(CursorRows):
    """Rows of cells; a subclass says what stands in them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-table--header", "row-table--cursor"}
    DEFAULT_CSS = """
    RowTable {
        overflow-x: hidden;
        scrollbar-size: 1 1;
        scrollbar-gutter: stable;
        & > .row-table--header { color: $text-muted; }
        & > .row-table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: bold;
        }
        &:focus > .row-table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """

    def heading_cells(self) -> Sequence[Cell]:
        """What stands above the columns."""
        raise NotImplementedError

    def row_cells(self, place: int) -> Sequence[Cell]:
        """What stands in the row at a place."""
        raise NotImplementedError

    def lay_out(self) -> bool:
        """Choose the columns for the room there is; whether they are others than before."""
        raise NotImplementedError

    def on_resize(self) -> None:
        """Other columns fit now, and other rows."""
        self.lay_out()
        self.scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        place = y - HEADER + self.scroll_offset.y
        cells: Sequence[Cell] = ()
        style = Style()
        if y < HEADER:
            cells = self.heading_cells()
            style = self.get_component_rich_style("row-table--header")
        elif place < self.row_count:
            cells = self.row_cells(place)
            if place == self.cursor:
                style = self.get_component_rich_style("row-table--cursor")
        parts = [Segment(f" {cell.plain} ", self._style(cell) + style) for cell in cells]
        return Strip(parts).adjust_cell_length(self.size.width, style).apply_style(self.rich_style)

    def _style(self, cell: Cell) -> Style:
        if not cell.variable:
            return Style()
        return Style(color=Color.parse(self.app.theme_variables[cell.variable]).rich_color)

    def on_click(self, event: events.Click) -> None:
        if (place := self.place_of(event)) is not None:
            self.action_move_to(place)
            self.action_open()
