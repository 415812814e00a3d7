"""Knobs one below another, and the keys that go from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import DescendantFocus

from tui_lab.tui.knobs.knob import Knob


class KnobList(VerticalScroll, can_focus=False):
    """Remembers which knob had the focus last."""

    DEFAULT_CSS = """
    KnobList { height: 1fr; scrollbar-size-vertical: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "up,k",
            "move(-1)",
            "knob up",
            tooltip="To the knob above",
            id="knob.previous",
            show=False,
        ),
        Binding(
            "down,j",
            "move(1)",
            "knob down",
            tooltip="To the knob below",
            id="knob.next",
            show=False,
        ),
        Binding(
            "home",
            "move_to(0)",
            "first knob",
            tooltip="To the first knob",
            id="knob.first",
            show=False,
        ),
        Binding(
            "end",
            "move_to(-1)",
            "last knob",
            tooltip="To the last knob",
            id="knob.last",
            show=False,
        ),
        Binding("escape", "leave", "leave", tooltip="Leave the knobs", id="knob.leave", show=False),
    ]

    def __init__(self, knobs: Sequence[Knob]) -> None:
        super().__init__(*knobs)
        self._knobs = knobs
        self.current = knobs[0]
        """The knob that has the focus, or had it last."""

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, Knob) and event.widget is self.screen.focused:
            self.current = event.widget

    def action_move(self, direction: int) -> None:
        place = self._knobs.index(self.current) + direction
        self.action_move_to(min(max(place, 0), len(self._knobs) - 1))

    def action_move_to(self, place: int) -> None:
        if self.current.commit():
            self.current = self._knobs[place]
            self.screen.set_focus(self.current)  # at once: the next key may be here already

    def action_leave(self) -> None:
        self.screen.set_focus(None)
