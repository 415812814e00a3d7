"""A row for each compared run: its colour and state and name stay, the columns scroll sideways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tui_lab.tui.widgets.row_table import HEADER, CursorRows
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.view_models.comparison.tables import Column

_GAP = "  "
_SIDEWAYS = 8
"""Columns of the screen that a key scrolls."""


@dataclass(frozen=True)
class RowHead:
    """What stands before a run's cells."""

    rule: str
    """Its line in the chart in small."""
    look: Style
    sign: str
    """Of its state."""
    variable: str
    """The theme's variable of that sign's colour."""
    name: str


class RunRows(CursorRows):
    """Shows columns of the runs; the run under the cursor is the one that keys act on."""

    DEFAULT_CSS = """
    RunRows {
        border: round $border-blurred;
        border-title-color: $foreground;
        border-title-style: none;
        border-subtitle-color: $text-muted;
        scrollbar-size: 0 1;
        &:focus { border: round $accent; border-title-style: bold; }
    }
    """
    HELP: ClassVar[str | None] = """\
A row for each run, its line of the chart before it; `*` is the reference, which
`{compare.reference=r}` makes of the run under the cursor.

Δ last is the last value less the reference's. Other from is the first step at which the two differ
at all. Leaves band is the first at which a run goes another way than the reference: the band is
what the reference itself covers nearby, or, where five runs and more differ in the seed alone,
their 5th to 95th percentile; a run has left it that stays outside for as many points as the remarks
say. A run that is the same, bit for bit, has every value of every metric in common.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "open",
            key_display="↵",
            tooltip="Show the run in the screen of its experiment",
            id="compare.open",
        ),
        Binding("down,j", "move(1)", "down", tooltip="The next run", id="compare.down", show=False),
        Binding("up,k", "move(-1)", "up", tooltip="The run before", id="compare.up", show=False),
        Binding(
            "right",
            "sideways(1)",
            "right",
            tooltip="Columns further right",
            id="compare.right",
            show=False,
        ),
        Binding(
            "left",
            "sideways(-1)",
            "left",
            tooltip="Columns further left",
            id="compare.left",
            show=False,
        ),
    ]

    @dataclass
    class Moved(Message):
        """Another run is under the cursor."""

        table: RunRows
        cursor: int

        @property
        def control(self) -> RunRows:
            return self.table

    @dataclass
    class Opened(Message):
        """A person wants to see the run."""

        table: RunRows

        @property
        def control(self) -> RunRows:
            return self.table

    def __init__(self, *, id: str) -> None:  # noqa: A002 # Textual's own word
        super().__init__(id=id, classes="-pane")
        self._heads: tuple[RowHead, ...] = ()
        self._lines: tuple[str, ...] = ()

    @property
    def row_count(self) -> int:
        return len(self._heads)

    @property
    def text(self) -> list[str]:
        """The header and the rows as they are, however much of them is seen."""
        heads = ["", *(f"{head.sign} {head.name}" for head in self._heads)]
        return [f"{head}{_GAP}{line}" for head, line in zip(heads, self._lines, strict=False)]

    def show(
        self,
        heads: Sequence[RowHead],
        columns: Sequence[tuple[Column, str]],
        order: Sequence[int],
        note: str = "",
    ) -> None:
        """Show these columns, each under its heading, with the runs in this order; `heads` come in
        it already. A `note` stands in place of columns where there are none."""
        lines = _lines(columns, order) or ("", note, *("" for _ in order[1:]))
        if (tuple(heads), lines) == (self._heads, self._lines):
            return
        self._heads, self._lines = tuple(heads), lines
        width = self._head_width + max(map(cell_len, lines), default=0)
        self.virtual_size = Size(width, len(lines))
        self.refresh(layout=True)

    @property
    def _head_width(self) -> int:
        return max((cell_len(f"{h.rule} {h.sign} {h.name}") for h in self._heads), default=0) + 2

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines)

    @property
    def is_cut(self) -> bool:
        """Whether there are columns beside those seen."""
        return self.virtual_size.width > self.scrollable_content_region.width

    def render_line(self, y: int) -> Strip:
        left, top = self.scroll_offset
        width, fixed = self.scrollable_content_region.width, self._head_width
        row = 0 if y < HEADER else y + top
        look = self._look(row)
        text = self._lines[row] if row < len(self._lines) else ""
        cells = Strip([Segment(text, look)]).crop_extend(left, left + max(0, width - fixed), look)
        head = Strip(self._head(row, look)).adjust_cell_length(fixed, look)
        return Strip.join([head, cells]).crop_extend(0, width, look).apply_style(self.rich_style)

    def _look(self, row: int) -> Style:
        if row == 0:
            return Style(color=self._colour("text-muted"))
        if row - HEADER == self.cursor and row <= len(self._heads):
            name = "block-cursor" if self.has_focus else "block-cursor-blurred"
            variables = self.app.theme_variables
            background = Color.parse(variables[f"{name}-background"])
            if background.ansi is None:
                background = self.background_colors[1] + background
            foreground = Color.parse(variables[f"{name}-foreground"])
            return Style(color=foreground.rich_color, bgcolor=background.rich_color, bold=True)
        return Style()

    def _head(self, row: int, look: Style) -> list[Segment]:
        if not 0 < row <= len(self._heads):
            return [Segment("", look)]
        head = self._heads[row - HEADER]
        sign = look + Style(color=self._colour(head.variable))
        return [
            Segment(head.rule, look + head.look),
            Segment(f" {head.sign} ", sign),
            Segment(head.name, look),
        ]

    def _colour(self, variable: str) -> str | None:
        found = Color.parse(self.app.theme_variables.get(variable, "ansi_default"))
        if found.ansi is None:
            found = self.background_colors[1] + found
        return found.rich_color.name

    def on_click(self, event: events.Click) -> None:
        if (place := self.place_of(event)) is not None:
            self.action_move_to(place)

    def action_open(self) -> None:
        self.post_message(self.Opened(self))

    def action_move_to(self, place: int) -> None:
        super().action_move_to(place)
        if self._heads:
            self.post_message(self.Moved(self, self.cursor))

    def action_sideways(self, direction: int) -> None:
        self.scroll_relative(x=direction * _SIDEWAYS, animate=False)


def _lines(columns: Sequence[tuple[Column, str]], order: Sequence[int]) -> tuple[str, ...]:
    """The headings and the rows, aligned; numbers end under each other."""
    texts = [
        [plain(heading), *(plain(column.cells[n]) for n in order)] for column, heading in columns
    ]
    padded = []
    for (column, _), cells in zip(columns, texts, strict=True):
        width = max(map(cell_len, cells))
        spaces = [" " * (width - cell_len(text)) for text in cells]
        pairs = zip(cells, spaces, strict=True)
        padded.append([s + text if column.numeric else text + s for text, s in pairs])
    return tuple(_GAP.join(row).rstrip() for row in zip(*padded, strict=True))
