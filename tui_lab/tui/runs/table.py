"""Every run as a row, however many there are: only what is on the screen is drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from tui_lab.tui.runs.columns import Order, RunColumn, heading, run_cells, run_columns
from tui_lab.tui.runs.row import USUAL, Heading, RunRow
from tui_lab.tui.runs.rows import NOTHING, RunRows
from tui_lab.tui.widgets.row_table import HEADER, Cell, RowTable


class RunTable(RowTable):
    """Shows rows as they are; the cursor stays on its run when others come and go."""

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
        self.rows = NOTHING
        """The lines from the top."""
        self.columns: tuple[RunColumn, ...] = ()
        self._marked: frozenset[str] = frozenset()
        self._chosen: tuple[str, ...] = USUAL
        self._order: Order | None = None
        self._seen: dict[int, tuple[RunRow | Heading, bool]] = {}
        """The rows that the screen had when they were last shown, and whether each is marked."""

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def current(self) -> str:
        """The run or heading under the cursor; empty when there is none."""
        return self.rows.line_id(self.cursor)

    def get_column(self, key: str) -> list[Cell]:
        """What stands in a column, from the top."""
        return [self._cells(row)[key] for row in self.rows.runs]

    def choose(self, columns: tuple[str, ...], order: Order | None) -> None:
        """Show these of the columns that can be chosen, and by which of them the rows stand."""
        if (columns, order) != (self._chosen, self._order):
            self._chosen, self._order = columns, order
            self.lay_out()
            self.refresh()

    def show(self, rows: RunRows, selected: Collection[str] = ()) -> None:
        """Show these rows; only what reads differently is drawn again."""
        before, held, seen = self.rows, self.current, self._seen
        self.rows, self._marked = rows, frozenset(selected)
        self.virtual_size = Size(0, len(rows) + HEADER)  # nothing to scroll to sideways
        top = self.scroll_offset.y
        shown = range(top, min(len(rows), top + self.rows_shown))
        self._seen = {at: (rows[at], rows.line_id(at) in self._marked) for at in shown}
        if not self.lay_out():
            for place, what in self._seen.items():
                if seen.get(place) != what:
                    self.refresh_row(place)
            if len(rows) < len(before):
                self.refresh()
        self._hold(held)

    def lay_out(self) -> bool:
        room = self.scrollable_content_region.width
        columns = self.columns
        if room and self.rows:
            columns = run_columns(room, self.rows.longest_name, self._chosen)
        if columns == self.columns:
            return False
        self.columns = columns
        self.refresh()
        return True

    def _hold(self, run_id: str) -> None:
        """Keep the cursor on its run; where that is gone, on its place."""
        if self.current == run_id:
            return
        place = self.rows.place(run_id)
        if place is None:
            place = max(0, min(self.cursor, len(self.rows) - 1))
        self.cursor = place
        if self.current != run_id:
            self.post_message(self.Highlighted(self, self.current))

    def heading_cells(self) -> Sequence[Cell]:
        return [heading(column, self._order) for column in self.columns]

    def row_cells(self, place: int) -> Sequence[Cell]:
        row = self.rows[place]
        if isinstance(row, Heading):
            return [Cell(row.words, "accent")]
        return list(self._cells(row).values())

    def _cells(self, row: RunRow) -> dict[str, Cell]:
        return run_cells(row, self.columns, marked=row.id in self._marked)

    def action_open(self) -> None:
        if self.rows:
            self.post_message(self.Opened(self, self.current))

    def action_move_to(self, place: int) -> None:
        super().action_move_to(place)
        if self.rows:
            self.post_message(self.Highlighted(self, self.current))
