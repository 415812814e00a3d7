"""Rows of text and numbers in aligned columns, under a heading that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.picture_data import TextTable

_GAP = "  "
_WIDEST = 40
"""Columns that the text of one cell may take; the last of a row may take as many as it needs."""


class TableView(ScrollView, can_focus=True):
    """Shows one `TextTable`; scrolls both ways. Its text is plain: markup in it is shown as is."""

    DEFAULT_CSS = """
    TableView {
        width: 1fr;
        height: 1fr;
        border: round $border-blurred;
        border-title-color: $foreground;
        border-title-style: none;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        &:focus { border: round $accent; border-title-style: bold; }
    }
    """

    def __init__(
        self,
        heading: str = "",
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 # Textual's own word
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        """A table without rows; `heading` may hold anything, it is plain text."""
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self.heading = heading
        """What the table shows; comes first in the upper border."""
        self._table: TextTable | None = None
        self._lines: list[str] = []

    def on_mount(self) -> None:
        self._show_heading()

    def show(self, table: TextTable) -> None:
        """Show these rows; does nothing when they are the ones on screen."""
        self._show_heading()
        if table == self._table:
            return
        self._table = table
        self._lines = lines(table)
        width = max((cell_len(line) for line in self._lines), default=0)
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def _show_heading(self) -> None:
        title = plain(self.heading)
        if title != str(self.border_title or ""):
            self.border_title = Content(title) if title else None

    def render_line(self, y: int) -> Strip:
        at_left, at_top = self.scroll_offset
        width = self.scrollable_content_region.width
        number = 0 if y == 0 else y + at_top
        look = self.rich_style + (Style(bold=True) if y == 0 else Style.null())
        text = self._lines[number] if number < len(self._lines) else ""
        return Strip([Segment(text, look)]).crop_extend(at_left, at_left + width, look)


def lines(table: TextTable) -> list[str]:
    """The heading and the rows as text of aligned columns; numbers are set flush right."""
    if table.note or not table.columns:
        return [table.note or "no data yet"]
    rows = [_cut_row(row) for row in (table.columns, *table.rows)]
    widths = [max(cell_len(row[i]) for row in rows) for i in range(len(table.columns))]
    numeric = table.numeric or (False,) * len(widths)
    return [
        _GAP.join(
            _aligned(text, width, flush_right)
            for text, width, flush_right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in rows
    ]


def _aligned(text: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def _cut_row(row: tuple[str, ...]) -> tuple[str, ...]:
    return (*(_cut(text) for text in row[:-1]), *(plain(text) for text in row[-1:]))


def _cut(text: str) -> str:
    text = plain(text)
    while cell_len(text) > _WIDEST:
        text = text[: max(len(text) - 2, 0)] + "…"
    return text
