"""What stands above knobs that belong together."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui_lab.tui.knobs.knob import Knob


class KnobHeading(Widget):
    """A line with the name of a group; while none of its knobs does anything it stands alone."""

    DEFAULT_CSS = """
    KnobHeading { height: 1; width: 1fr; color: $text-muted; }
    """

    folded: reactive[bool] = reactive(False)
    """Whether all knobs of the group are idle, and not shown."""

    def __init__(self, words: str, knobs: Sequence[Knob]) -> None:
        super().__init__()
        self.words = words
        self.knobs = knobs

    def render(self) -> Content:
        words = self.words
        if self.folded:
            why = f"{words} idle while {self.knobs[0].idle.partition(' while ')[2]}"
            words = why if len(why) + 3 <= self.size.width else f"{words} idle"
        rule = "─" * (self.size.width - len(words) - 3)
        return Content.assemble(f"─ {words} ", (rule, "$border-blurred"))

    def fold(self) -> None:
        """Show the knobs of the group, or the heading alone."""
        self.folded = all(knob.idle for knob in self.knobs)
        for knob in self.knobs:
            knob.display = not self.folded
