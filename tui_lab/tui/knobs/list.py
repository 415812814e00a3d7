"""Knobs one below another, and the keys that go from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import DescendantFocus

from tui_lab.tui.knobs.heading import KnobHeading
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
        Binding(
            "escape", "leave", "tabs", tooltip="Leave the knobs, back to the tabs", id="knob.leave"
        ),
    ]

    def __init__(self, knobs: Sequence[Knob], headings: Sequence[KnobHeading] = ()) -> None:
        above = {heading.knobs[0]: heading for heading in headings}
        super().__init__(*(w for knob in knobs for w in (above.get(knob), knob) if w))
        self._knobs = knobs
        self._headings = headings
        self.current = knobs[0] if knobs else None
        """The knob that has the focus, or had it last; None where there are none."""
        self.leads_out = True
        """Whether a key leaves the knobs for what else there is on the screen."""

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, Knob) and event.widget is self.screen.focused:
            self.current = event.widget

    def fold(self) -> None:
        """Leave no more than their heading of groups that do nothing."""
        for heading in self._headings:
            heading.fold()
        if self.current is not None and not self.current.display:
            self.current = self._shown[0]

    @property
    def _shown(self) -> list[Knob]:
        return [knob for knob in self._knobs if knob.display]

    def action_move(self, direction: int) -> None:
        if self.current is None:
            return
        place = self._shown.index(self.current) + direction
        self.action_move_to(min(max(place, 0), len(self._shown) - 1))

    def action_move_to(self, place: int) -> None:
        if self.current is not None and self.current.commit():
            self.current = self._shown[place]
            self.screen.set_focus(self.current)  # at once: the next key may be here already

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.leads_out if action == "leave" else True

    def action_leave(self) -> None:
        self.screen.set_focus(None)
