"""By which column the runs are sorted, and which columns are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList

from tui_lab.tui.dialogs.question import Answer, QuestionDialog
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.runs.columns import Order, column_name
from tui_lab.view_models.plain_text import plain

ResultT = TypeVar("ResultT")
_HINT = "{columns.toggle=space} shows a column or not; {dialog.cancel=esc} closes."


class ColumnDialog(QuestionDialog[ResultT]):
    """Lists columns; a subclass says what choosing one does."""

    DEFAULT_CSS = """
    ColumnDialog #answers { max-height: 60vh; }
    """

    def __init__(self, question: str, line: str, keys: Sequence[str]) -> None:
        super().__init__(question, [line])
        self.keys = keys

    @property
    def answers(self) -> Sequence[Answer]:
        """A line for each column, with the sign of its state."""
        return [
            Answer(self.sign(key), _words(key), f"choose({place})")
            for place, key in enumerate(self.keys)
        ]

    def sign(self, key: str) -> str:
        """One character before a column's name."""
        raise NotImplementedError

    def action_choose(self, place: int) -> None:
        """The line was chosen."""
        raise NotImplementedError


class SortDialog(ColumnDialog[str]):
    """Gives the key of the column to sort by."""

    def __init__(self, keys: Sequence[str], order: Order | None) -> None:
        super().__init__("Sort by", "The same column once more turns the order round.", keys)
        self._order = order

    def on_mount(self) -> None:
        super().on_mount()
        if self._order is not None and self._order.key in self.keys:
            self.query_one("#answers", OptionList).highlighted = self.keys.index(self._order.key)

    def sign(self, key: str) -> str:
        return self._order.sign if self._order is not None and self._order.key == key else " "

    def action_choose(self, place: int) -> None:
        self.dismiss(self.keys[place])


class GroupDialog(ColumnDialog[str]):
    """Gives the name of what the runs of a group have in common; empty for no groups."""

    def __init__(self, keys: Sequence[str], group_by: str) -> None:
        super().__init__("Group by", "What the runs of a group have in common.", keys)
        self._group_by = group_by

    def sign(self, key: str) -> str:
        return "✓" if key == self._group_by else " "

    def action_choose(self, place: int) -> None:
        self.dismiss(self.keys[place])


class ColumnsDialog(ColumnDialog[tuple[str, ...]]):
    """Gives the keys of the columns to show, in the order in which they were taken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space", "show_or_not", "show or not", tooltip="Show the column", id="columns.toggle"
        ),
    ]

    def __init__(
        self,
        keys: Sequence[str],
        shown: Sequence[str],
        *,
        question: str = "Columns",
        hint: str = _HINT,
    ) -> None:
        super().__init__(question, hint, keys)
        self._hint = hint
        self.shown = list(shown)

    def matter(self) -> Content:
        return Content(with_keys(self.app, self._hint))

    def sign(self, key: str) -> str:
        return "✓" if key in self.shown else " "

    def action_show_or_not(self) -> None:
        """Show the column under the cursor, or not."""
        place = self.query_one("#answers", OptionList).highlighted
        if place is not None:
            self.action_choose(place)

    def action_choose(self, place: int) -> None:
        key = self.keys[place]
        if key in self.shown:
            self.shown.remove(key)
        else:
            self.shown.append(key)
        line = self._option(self.answers[place]).prompt
        self.query_one("#answers", OptionList).replace_option_prompt_at_index(place, line)

    def action_cancel(self) -> None:
        """Close; what was chosen holds."""
        self.dismiss(tuple(self.shown))


def _words(key: str) -> str:
    """As above the column; a metric in full."""
    if not key:
        return "nothing"
    return plain(key, 60) if "/" in key else column_name(key)
