"""Every run as a row, kept up to date cell by cell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar, Self

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region
from textual.widgets import DataTable

from tui_lab.tui.run_row import RunRow
from tui_lab.tui.status_sign import SIGNS, status_variable

_COLUMNS = (
    ("mark", " ", 1),
    ("status", "status", 12),
    ("name", "run", None),
    ("age", "age", 6),
    ("values", "not default", None),
    ("train", "train", 9),
    ("test", "test", 9),
    ("norm", "‖w‖", 9),
    ("step", "step", 9),
)
"""Key, heading and width; numbers that change keep their column's width, or all would move."""
_OTHERS = 95
"""Columns that everything but the hyperparameters takes."""
_FEWEST = 13
_NUMBERS = frozenset(("age", "step", "train", "test", "norm"))


class RunTable(DataTable[Text]):
    """Shows rows as they are; the cursor stays on its run when others come and go."""

    DEFAULT_CSS = """
    RunTable {
        background: transparent;
        scrollbar-size: 1 1;
        & > .datatable--header, &:ansi > .datatable--header {
            background: transparent;
            color: $text-muted;
            text-style: none;
        }
        & > .datatable--cursor { text-style: bold; }
        &:focus { background-tint: transparent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select_cursor",
            "open",
            key_display="↵",
            tooltip="Show the run in its experiment",
            id="runs.open",
        ),
        Binding("down,j", "cursor_down", "down", tooltip="Older", id="runs.down", show=False),
        Binding("up,k", "cursor_up", "up", tooltip="Newer", id="runs.up", show=False),
        Binding("home", "scroll_top", "newest", tooltip="Newest", id="runs.newest", show=False),
        Binding("end", "scroll_bottom", "oldest", tooltip="Oldest", id="runs.oldest", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 # Textual's own word
        self._quiet = False
        super().__init__(id=id, cursor_type="row", zebra_stripes=False, cell_padding=1)
        self._shown: dict[str, dict[str, Text]] = {}

    def on_mount(self) -> None:
        for key, label, width in _COLUMNS:
            heading = Text(label, justify="right" if key in _NUMBERS else "left")
            self.add_column(heading, key=key, width=width)

    @property
    def current(self) -> str:
        """The run under the cursor; empty when there is none."""
        rows = list(self._shown)
        return rows[self.cursor_row] if 0 <= self.cursor_row < len(rows) else ""

    def show(self, rows: Sequence[RunRow], selected: Collection[str] = ()) -> None:
        """Show these rows; only what reads differently is drawn again."""
        cells = {row.id: self._cells(row, row.id in selected) for row in rows}
        if list(cells) != list(self._shown):
            self._rebuild(cells)
        else:
            self._update(cells)
        self._shown = cells

    def _rebuild(self, cells: dict[str, dict[str, Text]]) -> None:
        held, scroll = self.current, self.scroll_y
        place = self.cursor_row
        self.clear()
        for run_id, row in cells.items():
            self.add_row(*row.values(), key=run_id)
        rows = list(cells)
        self.move_cursor(row=rows.index(held) if held in cells else min(place, len(rows) - 1))
        self.scroll_to(y=scroll, animate=False)

    def _update(self, cells: dict[str, dict[str, Text]]) -> None:
        changed = []
        self._quiet = True
        for index, (run_id, row) in enumerate(cells.items()):
            for column, text in row.items():
                if text != self._shown[run_id][column]:
                    changed.append(index)
                    self.update_cell(run_id, column, text, update_width=column == "values")
        self._quiet = False
        for index in dict.fromkeys(changed):
            self.refresh_row(index)

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Draw; changed cells would draw the whole table, where only their rows are needed."""
        if self._quiet:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _cells(self, row: RunRow, selected: bool) -> dict[str, Text]:
        muted = self._style("text-muted")
        sign, word = (SIGNS[row.status], row.status.value) if row.readable else ("?", "unreadable")
        return {
            "mark": Text("✓" if selected else " ", self._style("accent")),
            "status": Text(f"{sign} {word}", self._style(status_variable(row.status))),
            "name": Text(row.name),
            "age": Text(row.age, muted, justify="right"),
            "values": self._values(row),
            "train": Text(row.train, justify="right"),
            "test": Text(row.test, justify="right"),
            "norm": Text(row.norm, justify="right"),
            "step": Text(row.step, justify="right"),
        }

    def _values(self, row: RunRow) -> Text:
        """What is chosen, and what went wrong where that is all or there is room for it."""
        room = max(_FEWEST, self.size.width - _OTHERS)
        muted = self._style("text-muted")
        text = Text.assemble(
            row.values, "  " if row.values and row.error else "", (row.error, muted)
        )
        text.truncate(room, overflow="ellipsis")
        return text

    def _style(self, variable: str) -> Style:
        return Style(color=Color.parse(self.app.theme_variables[variable]).rich_color)
