"""Every run as a row, kept up to date cell by cell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import ClassVar, Self

from rich.console import JustifyMethod
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region
from textual.widgets import DataTable

from tui_lab.tui.run_columns import RunColumn, run_columns
from tui_lab.tui.run_row import RunRow
from tui_lab.tui.status_sign import SIGNS, status_variable

_Shown = tuple[RunRow, bool]
"""A row, and whether it is marked."""
_NUMBERS = frozenset(("age", "step", "train", "test", "norm"))


class RunTable(DataTable[Text]):
    """Shows rows as they are; the cursor stays on its run when others come and go."""

    DEFAULT_CSS = """
    RunTable {
        background: transparent;
        overflow-x: hidden;
        scrollbar-size: 1 1;
        scrollbar-gutter: stable;
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
        self._columns: tuple[RunColumn, ...] = ()
        self._theme = ""
        """The theme whose colours the cells have."""
        self._shown: dict[str, _Shown] = {}

    def on_resize(self) -> None:
        """Other columns fit now."""
        self._show(dict(self._shown))

    @property
    def current(self) -> str:
        """The run under the cursor; empty when there is none."""
        rows = list(self._shown)
        return rows[self.cursor_row] if 0 <= self.cursor_row < len(rows) else ""

    def show(self, rows: Sequence[RunRow], selected: Collection[str] = ()) -> None:
        """Show these rows; only what reads differently is drawn again."""
        self._show({row.id: (row, row.id in selected) for row in rows})

    def _show(self, shown: dict[str, _Shown]) -> None:
        columns, theme = self._fitting(shown.values()), self.app.theme
        if (columns, theme) != (self._columns, self._theme):
            self._columns, self._theme = columns, theme
            self._rebuild(shown, columns=True)
        elif list(shown)[: len(self._shown)] != list(self._shown):
            self._rebuild(shown)
        else:
            self._update(shown)
            self._add(list(shown.items())[len(self._shown) :])
        self._shown = shown

    def _fitting(self, shown: Collection[_Shown]) -> tuple[RunColumn, ...]:
        """The columns for the room there is; without any (it is hidden) they stay as they were."""
        longest = max((len(row.name) for row, _ in shown), default=0)
        room = self.scrollable_content_region.width
        return run_columns(room, longest) if room and shown else self._columns

    def _rebuild(self, shown: dict[str, _Shown], *, columns: bool = False) -> None:
        held, place, scroll = self.current, self.cursor_row, self.scroll_y
        self.clear(columns=columns)
        for key, heading, width in self._columns if columns else ():
            label = Text(heading, justify="right" if key in _NUMBERS else "left")
            self.add_column(label, key=key, width=width)
        self._add(shown.items())
        rows = list(shown)
        self.move_cursor(row=rows.index(held) if held in shown else min(place, len(rows) - 1))
        self.scroll_to(y=scroll, animate=False)

    def _add(self, rows: Iterable[tuple[str, _Shown]]) -> None:
        for run_id, (row, marked) in rows:
            self.add_row(*self._cells(row, marked).values(), key=run_id)

    def _update(self, shown: dict[str, _Shown]) -> None:
        """Change the cells of the rows there are that read differently."""
        changed = []
        self._quiet = True
        for index, (run_id, before) in enumerate(self._shown.items()):
            if before != shown[run_id]:
                changed.append(index)
                old, new = self._cells(*before), self._cells(*shown[run_id])
                for column in new.keys() if old != new else ():
                    self.update_cell(run_id, column, new[column])
        self._quiet = False
        for index in changed:
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

    def _cells(self, row: RunRow, marked: bool) -> dict[str, Text]:
        """The text of each of the columns, cut where there is more of it than room."""
        cells = {}
        for key, _, width in self._columns:
            text = cells[key] = self._cell(key, row, marked, width)
            text.truncate(width, overflow="ellipsis")
        return cells

    def _cell(self, key: str, row: RunRow, marked: bool, width: int) -> Text:
        if key == "mark":
            return Text("*" if marked else " ", self._style("accent"))
        if key == "status":
            return self._status(row, width)
        if key == "values":  # and what went wrong, where that is all or there is room for it
            between = "  " if row.values and row.error else ""
            return Text.assemble(row.values, between, (row.error, self._style("text-muted")))
        style = self._style("text-muted") if key == "age" else ""
        justify: JustifyMethod = "right" if key in _NUMBERS else "left"
        return Text(str(getattr(row, key)), style, justify=justify)

    def _status(self, row: RunRow, width: int) -> Text:
        """The sign of a state, with its word where there is room."""
        sign, word = (SIGNS[row.status], row.status.value) if row.readable else ("?", "unreadable")
        words = f"{sign} {word}" if width > len(sign) else sign
        return Text(words, self._style(status_variable(row.status)))

    def _style(self, variable: str) -> Style:
        return Style(color=Color.parse(self.app.theme_variables[variable]).rich_color)
