"""The field in which a search is typed, which knows the names and values that runs have."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from tui_lab.search.completion import Completion, completion
from tui_lab.search.vocabulary import Vocabulary
from tui_lab.tui.key_names import with_keys
from tui_lab.view_models.plain_text import plain

_WIDEST = 40
_NOTHING = Completion(0, 0)


class FilterInput(Input):
    """Offers what may be typed next; what is offered is taken by a key of its own, so that no other
    key means something else for it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "take", "take", tooltip="Take what is offered", id="filter.take"),
        Binding(
            "down",
            "choose(1)",
            "next",
            tooltip="The next that is offered",
            id="filter.next",
            show=False,
        ),
        Binding(
            "up",
            "choose(-1)",
            "previous",
            tooltip="The one before that is offered",
            id="filter.previous",
            show=False,
        ),
    ]

    def __init__(
        self,
        vocabulary: Callable[[], Vocabulary],
        offers: Static,
        *,
        id: str,  # noqa: A002 # Textual's own word
    ) -> None:
        super().__init__(id=id, placeholder="filter", select_on_focus=False, compact=True)
        self.offered = _NOTHING
        """What is offered now."""
        self.chosen = 0
        """The place of the one that would be taken."""
        self._vocabulary = vocabulary
        self._offers = offers
        self._is_due = False

    def watch_value(self) -> None:
        self._look()

    def watch_selection(self) -> None:
        self._look()

    def on_blur(self) -> None:
        self._look()

    def _look(self) -> None:
        """Look for what to offer, once both the text and the cursor are what they will be."""
        if not self._is_due and self.is_mounted:
            self._is_due = self.call_later(self._offer)

    def _offer(self) -> None:
        self._is_due = False
        before, self.chosen = self.offered, 0
        self.offered = _NOTHING
        if self.has_focus and self.value:
            self.offered = completion(self.value, self.cursor_position, self._vocabulary())
        if self.offered.candidates or before.candidates:
            self._show()

    def _show(self) -> None:
        """Write below the field what is offered, from where that begins."""
        self._offers.display = bool(self.offered.candidates)
        # What is still being typed is not wrong yet.
        self.screen.set_class(self._offers.display, "-offering")
        if self.offered.candidates:
            left = cell_len(self.value[: self.offered.start])
            self._offers.styles.offset = (min(left, max(0, self.size.width - _WIDEST)), 0)
            self._offers.update(self._content())

    def _content(self) -> Content:
        found = self.offered.candidates
        width = min(_WIDEST, max(cell_len(each.words) for each in found))
        lines = []
        for place, each in enumerate(found):
            count = f"{each.runs:>6,}" if each.runs else ""
            line = f"{plain(each.words, _WIDEST):<{width}}{count}"
            lines.append(Content.styled(line, "reverse" if place == self.chosen else ""))
        hint = with_keys(self.app, "{filter.take=tab} takes it")
        return Content("\n").join([*lines, Content.styled(hint, "$text-muted")])

    def action_take(self) -> None:
        """Put what is chosen in the place of what was begun."""
        if not self.offered.candidates:
            raise SkipAction
        taken = self.offered.candidates[self.chosen].text
        before, after = self.value[: self.offered.start], self.value[self.offered.end :]
        self.value = before + taken + (after.lstrip() if taken.endswith(" ") else after)
        self.cursor_position = len(before + taken)

    def action_choose(self, distance: int) -> None:
        """Choose another of what is offered."""
        if not self.offered.candidates:
            raise SkipAction
        self.chosen = (self.chosen + distance) % len(self.offered.candidates)
        self._show()
