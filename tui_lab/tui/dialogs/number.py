"""Asks for a whole number: a step to look back at, epochs that a run gets more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui_lab.errors import UsageError
from tui_lab.tui.dialogs.form import FormDialog

_DIGITS = 15
"""Of a number that is read: more of them count nothing there is."""


class NumberDialog(FormDialog[int]):
    """Gives a number of at least `least`."""

    DEFAULT_CSS = "NumberDialog #form { width: 56; max-width: 90%; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", tooltip="Leave it as it is", id="number.cancel"),
    ]

    def __init__(self, question: str, hint: str, *, first: str = "", least: int = 0) -> None:
        """`first` stands there at first."""
        super().__init__(question)
        self._hint, self._first, self._least = hint, first, least

    def fields(self) -> Iterable[Widget]:
        yield Input(self._first, type="integer", compact=True)
        yield Static(Content(self._hint))

    def read(self) -> int:
        """The number; raises `UsageError` where it is none, or too small."""
        text = self.query_one(Input).value[:_DIGITS]
        if not text.isdecimal() or int(text) < self._least:
            raise UsageError(f"A whole number from {self._least} on is needed.")
        return int(text)
