"""Every run as a row, however many there are: only what is on the screen is drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_lab.tui.runs.columns import (
    Order,
    RunCell,
    RunColumn,
    heading,
    run_cells,
    run_columns,
)
from tui_lab.tui.runs.row import USUAL, RunRow

_HEADER = 1
"""Rows above the runs."""


class RunTable(ScrollView, can_focus=True):
    """Shows rows as they are; the cursor stays on its run when others come and go.

    A line API widget: the toolkit's own table measures and keeps every cell, which takes seconds
    for a few thousand runs.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-table--header", "run-table--cursor"}
    DEFAULT_CSS = """
    RunTable {
        overflow-x: hidden;
        scrollbar-size: 1 1;
        scrollbar-gutter: stable;
        & > .run-table--header { color: $text-muted; }
        & > .run-table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: bold;
        }
        &:focus > .run-table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "open",
            key_display="↵",
            tooltip="Show the run in its experiment",
            id="runs.open",
        ),
        Binding("down,j", "move(1)", "down", tooltip="Older", id="runs.down", show=False),
        Binding("up,k", "move(-1)", "up", tooltip="Newer", id="runs.up", show=False),
        Binding("home", "move_to(0)", "newest", tooltip="Newest", id="runs.newest", show=False),
        Binding("end", "move_to(-1)", "oldest", tooltip="Oldest", id="runs.oldest", show=False),
        Binding(
            "pagedown",
            "page(1)",
            "page down",
            tooltip="Older by a page",
            id="runs.page_down",
            show=False,
        ),
        Binding(
            "pageup",
            "page(-1)",
            "page up",
            tooltip="Newer by a page",
            id="runs.page_up",
            show=False,
        ),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    """The place of the row under the cursor."""

    @dataclass
    class Opened(Message):
        """A person wants to see the run."""

        table: RunTable
        run_id: str

        @property
        def control(self) -> RunTable:
            return self.table

    @dataclass
    class Highlighted(Message):
        """Another run is under the cursor."""

        table: RunTable
        run_id: str

        @property
        def control(self) -> RunTable:
            return self.table

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 # Textual's own word
        super().__init__(id=id)
        self.rows: Sequence[RunRow] = ()
        """The runs from the top."""
        self.columns: tuple[RunColumn, ...] = ()
        self._marked: frozenset[str] = frozenset()
        self._chosen: tuple[str, ...] = USUAL
        self._order: Order | None = None

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def current(self) -> str:
        """The run under the cursor; empty when there is none."""
        return self.rows[self.cursor].id if self.cursor < len(self.rows) else ""

    def get_column(self, key: str) -> list[RunCell]:
        """What stands in a column, from the top."""
        return [self._cells(row)[key] for row in self.rows]

    def choose(self, columns: tuple[str, ...], order: Order | None) -> None:
        """Show these of the columns that can be chosen, and by which of them the rows stand."""
        if (columns, order) != (self._chosen, self._order):
            self._chosen, self._order = columns, order
            self._lay_out()
            self.refresh()

    def show(self, rows: Sequence[RunRow], selected: Collection[str] = ()) -> None:
        """Show these rows; only what reads differently is drawn again."""
        before, marked, held = self.rows, self._marked, self.current
        self.rows, self._marked = rows, frozenset(selected)
        self.virtual_size = Size(0, len(rows) + _HEADER)  # nothing to scroll to sideways
        if not self._lay_out():
            changed = self._marked ^ marked
            for place, row in enumerate(rows):
                if place >= len(before) or row != before[place] or row.id in changed:
                    self._refresh_row(place)
            if len(rows) < len(before):
                self.refresh()
        self._hold(held)

    def on_resize(self) -> None:
        """Other columns fit now, and other rows."""
        self._lay_out()
        self._scroll_to_cursor()

    def _lay_out(self) -> bool:
        """Choose the columns for the room there is; whether they are others than before."""
        room = self.scrollable_content_region.width
        longest = max((len(row.name) for row in self.rows), default=0)
        columns = self.columns
        if room and self.rows:
            columns = run_columns(room, longest, self._chosen)
        if columns == self.columns:
            return False
        self.columns = columns
        self.refresh()
        return True

    def _hold(self, run_id: str) -> None:
        """Keep the cursor on its run; where that is gone, on its place."""
        if self.current == run_id:
            return
        places = {row.id: place for place, row in enumerate(self.rows)}
        self.cursor = places.get(run_id, max(0, min(self.cursor, len(self.rows) - 1)))
        if self.current != run_id:
            self.post_message(self.Highlighted(self, self.current))

    def _refresh_row(self, place: int) -> None:
        y = place + _HEADER - self.scroll_offset.y
        if _HEADER <= y < self.scrollable_content_region.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        place = y - _HEADER + self.scroll_offset.y
        if y < _HEADER:
            cells = [heading(column, self._order) for column in self.columns]
            style = self.get_component_rich_style("run-table--header")
        elif place < len(self.rows):
            cells = list(self._cells(self.rows[place]).values())
            at_cursor = place == self.cursor
            style = self.get_component_rich_style("run-table--cursor") if at_cursor else Style()
        else:
            cells, style = [], Style()
        segments = [Segment(f" {cell.plain} ", self._style(cell) + style) for cell in cells]
        return (
            Strip(segments).adjust_cell_length(self.size.width, style).apply_style(self.rich_style)
        )

    def _cells(self, row: RunRow) -> dict[str, RunCell]:
        return run_cells(row, self.columns, marked=row.id in self._marked)

    def _style(self, cell: RunCell) -> Style:
        if not cell.variable:
            return Style()
        return Style(color=Color.parse(self.app.theme_variables[cell.variable]).rich_color)

    def watch_cursor(self, before: int, cursor: int) -> None:
        self._refresh_row(before)
        self._refresh_row(cursor)
        self._scroll_to_cursor()

    def _scroll_to_cursor(self) -> None:
        shown = max(1, self.scrollable_content_region.height - _HEADER)
        top = min(max(self.scroll_offset.y, self.cursor - shown + 1), self.cursor)
        self.scroll_to(y=top, animate=False)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        place = offset.y - _HEADER + self.scroll_offset.y if offset else -1
        if offset and offset.y >= _HEADER and place < len(self.rows):
            self.action_move_to(place)
            self.action_open()

    def action_open(self) -> None:
        if self.rows:
            self.post_message(self.Opened(self, self.current))

    def action_move(self, rows: int) -> None:
        self.action_move_to(min(max(self.cursor + rows, 0), len(self.rows) - 1))

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(1, self.scrollable_content_region.height - _HEADER))

    def action_move_to(self, place: int) -> None:
        """To a row; -1 is the last."""
        if self.rows:
            self.cursor = place % len(self.rows)
            self.post_message(self.Highlighted(self, self.current))
