"""One row per parameter: what its gradient looks like, re-sent only where it reads differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from tui_lab.tui.panes.gradient_rows import WAITING, line, table_rows
from tui_lab.view_models.layers import FOLD, by_layer

if TYPE_CHECKING:  # the view models need numpy, which is imported after the first paint
    from tui_lab.view_models.gradients import GradientState

HERE = "▸"
"""Before the row at the cursor, while the pane has the focus."""


class GradientTable(ScrollView, can_focus=True):
    """The gradient pane. A line API widget, because a table widget re-sends itself whole."""

    DEFAULT_CSS = """
    GradientTable { padding: 0; height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }
    """
    HELP: ClassVar[str | None] = """\
A row for each parameter. `{parameter.open=enter}` opens the one at the cursor to its numbers: its
value, its `.grad`, and `Δ`, how far it has moved since before the step. They follow a run that goes
on, phase by phase where it is held. Where there are many, a row stands for a layer, which opens to
its parameters. `•` stands before what is other than at the last phase.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "up,k",
            "move(-1)",
            "parameter up",
            tooltip="To the parameter above",
            id="parameter.previous",
            show=False,
        ),
        Binding(
            "down,j",
            "move(1)",
            "parameter down",
            tooltip="To the parameter below",
            id="parameter.next",
            show=False,
        ),
        Binding(
            "enter",
            "open",
            "open",
            tooltip="Open this parameter to its numbers, or close it",
            id="parameter.open",
        ),
        Binding(
            "escape",
            "close",
            "close",
            tooltip="Close the parameter that is open",
            id="parameter.close",
            show=False,
        ),
    ]

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._all: tuple[GradientState, ...] = ()
        self._states: tuple[GradientState, ...] = ()
        """A row for each of them: parameters, or layers of them."""
        self._unfolded: set[str] = set()
        self.empty = WAITING
        """What is said where there are none."""
        self._contents: tuple[str, ...] = ()
        self._opened: tuple[str, ...] = ()
        self._open = ""
        """The name of the parameter whose numbers stand below its row."""
        self._cursor = 0
        self._rows: list[Content] = []

    def show(
        self,
        states: Sequence[GradientState],
        contents: Sequence[str] = (),
        open_name: str = "",
        opened: Sequence[str] = (),
    ) -> None:
        """Show these parameters, below the one that is open the lines on it, and below all of them
        lines with what is in them; only rows that changed are drawn again."""
        newly = open_name != self._open
        self._all, self._contents = tuple(states), tuple(contents)
        self._states = tuple(by_layer(states, self._unfolded))
        self._open, self._opened = open_name, tuple(opened)
        self._cursor = max(0, min(self._cursor, len(self._states) - 1))
        self._draw()
        if newly and open_name:
            self.call_after_refresh(self._reach, self._place_of(open_name))

    def on_resize(self) -> None:
        self._draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._draw()

    async def on_click(self, event: Click) -> None:
        """A row that is clicked is opened or closed."""
        place = event.y + self.scroll_offset.y
        for index, state in enumerate(self._states):
            if event.y and self._place_of(state.name) == place:
                self._cursor = index
                await self.action_open()

    def action_move(self, distance: int) -> None:
        """Move the cursor through the parameters, and on to what stands below the last of them."""
        there = self._cursor + distance
        if 0 <= there < len(self._states):
            self._cursor = there
            self._draw()
            self._reach(self._place_of(self._states[there].name))
        else:
            self.scroll_relative(y=distance, animate=False)

    async def action_open(self) -> None:
        """Open the parameter or the layer at the cursor; close it where it is open."""
        if self._states:
            name = self._states[self._cursor].name
            if name.endswith(FOLD):
                self._unfolded ^= {name}
                self.show(self._all, self._contents, self._open, self._opened)
            else:
                await self._ask_for("" if name == self._open else name)

    async def action_close(self) -> None:
        """Close the parameter that is open."""
        await self._ask_for("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to open, or to close."""
        if action == "close":
            return bool(self._open)
        return bool(self._states) if action == "open" else True

    async def _ask_for(self, name: str) -> None:
        """Have the run shown opened at this parameter, or at none."""
        await self.run_action(f"screen.look_into({name!r})")

    def _place_of(self, name: str) -> int:
        """The row in which a parameter stands; the heading is the first."""
        names = [state.name for state in self._states]
        index = names.index(name) if name in names else 0
        below = self._open in names and names.index(self._open) < index
        return 1 + index + (len(self._opened) if below else 0)

    def _reach(self, place: int) -> None:
        """Have a row in sight, with the lines that belong to it as far as there is room."""
        height = self.scrollable_content_region.height
        is_open = place == self._place_of(self._open) if self._open else False
        last = place + (len(self._opened) if is_open else 0)
        y = min(max(self.scroll_offset.y, last - height + 1), place - 1)
        self.scroll_to(y=y, animate=False)

    def _draw(self) -> None:
        old, self._rows = self._rows, self._made()
        if len(self._rows) != len(old):
            self.virtual_size = Size(0, len(self._rows))
            self.refresh()
            return
        for y, (row, before) in enumerate(zip(self._rows, old, strict=True)):
            if row.markup != before.markup:
                place = y - self.scroll_offset.y if y else 0
                self.refresh(Region(0, place, self.size.width, 1))

    def _made(self) -> list[Content]:
        heading, *rows = table_rows(
            self._states, self.scrollable_content_region.width - 2, self.empty
        )
        made = [Content.assemble(" ", heading)]
        for index, row in enumerate(rows):
            is_here = index == self._cursor and self.has_focus
            made.append(Content.assemble((HERE, "bold $accent") if is_here else " ", row))
            if self._states[index].name == self._open:
                made += map(line, self._opened)
        return [*made, *map(line, self._contents)]

    def render_line(self, y: int) -> Strip:
        """The header stays while the rows scroll."""
        place = y + self.scroll_offset.y if y else 0
        width = self.size.width
        if place >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        [strip, *_] = Visual.to_strips(self, self._rows[place], width, 1, self.visual_style)
        return strip
