"""Several views in one box, one at a time; the box's border names them and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.content import Content
from textual.widget import Widget

from tui_lab.tui.key_names import key_name
from tui_lab.tui.panes.frame import Frame
from tui_lab.view_models.plain_text import plain

TURNS = ("-narrow", "-tiny", "-short")
"""Classes of screens on which charts and panes take turns, and a strip above names them all."""


class PaneBox(Frame):
    """Views by name, each with the digit that is its key.

    A view becomes part of the screen when it is first opened; none is open at first.
    """

    DEFAULT_CSS = """
    PaneBox {
        width: 1fr;
        height: 1fr;
        layout: vertical;
        overflow: hidden hidden;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        &:focus-within { border: round $border; }
        & > * { height: 1fr; }
    }
    """

    def __init__(
        self,
        panes: Mapping[str, Widget],
        numbers: Mapping[str, int],
        *,
        id: str,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.panes = dict(panes)
        self.numbers = numbers
        """The digit of each."""
        self._said = ""
        self.current = next(iter(self.panes))
        """The name of the view that is shown, or will be."""

    def on_mount(self) -> None:
        self._name_panes()

    @property
    def views(self) -> list[Widget]:
        """What may have the focus in the view that is shown."""
        pane = self.panes[self.current]
        return [widget for widget in (pane, *pane.query("*")) if widget.focusable]

    async def open(self, name: str) -> None:
        """Show the view of that name, complete from the first moment."""
        self.current = name
        self._name_panes()
        pane = self.panes[name]
        if pane.parent is None:
            await self.mount(pane)
        for each, other in self.panes.items():  # another may have been opened meanwhile
            other.display = each == self.current

    def say(self, sentence: str) -> None:
        """Put a few words into the lower border; they may come from a log."""
        self._said = plain(sentence)
        # The names of the panes are as they were.
        self.write_border(self._border_words[0], Content(self._said))

    def on_resize(self) -> None:
        self._name_panes()

    def _name_panes(self) -> None:
        labels = {name: name for name in self.panes}
        titles = pane_titles(self.app, labels, self.current, self.numbers)
        named_above = any(self.screen.has_class(name) for name in TURNS)
        roomy = self.size.width >= titles.cell_length + 4 and not named_above
        self.write_border(titles if roomy else Content(self.current), Content(self._said))


def pane_titles(
    app: App[Any], labels: Mapping[str, str], current: str, numbers: Mapping[str, int]
) -> Content:
    """`1 gradients  2 code …`, with the one that is shown set apart; each can be clicked."""
    parts = []
    for name, label in labels.items():
        number = numbers[name]
        look = "bold underline $accent" if name == current else "not bold"
        markup = f"[@click=screen.open_pane('{name}')][{look}]$key $label[/][/]"
        key = key_name(app, f"pane.{name}", str(number))
        parts.append(Content.from_markup(markup, key=key, label=label))
    return Content("  ").join(parts)
