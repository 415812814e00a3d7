"""Asks for a whole number: a step to look back at, epochs that a run gets more."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

_DIGITS = 15
"""Of a number that is read: more of them count nothing there is."""


class NumberDialog(ModalScreen[int | None]):
    """Gives a number of at least `least`; None is the way back."""

    DEFAULT_CSS = """
    NumberDialog {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }

        #number {
            width: 56;
            max-width: 90%;
            height: auto;
            padding: 1 2;
            border: round $border;
            border-title-color: $accent;
            border-title-style: bold;
            background: $surface;
        }
        Static { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", tooltip="Leave it as it is", id="number.cancel"),
    ]

    def __init__(self, question: str, hint: str, *, first: str = "", least: int = 0) -> None:
        """`first` stands there at first."""
        super().__init__()
        self.question = question
        self._hint, self._first, self._least = hint, first, least

    def compose(self) -> ComposeResult:
        with Vertical(id="number") as box:
            box.border_title = Content(self.question)
            yield Input(self._first, type="integer", compact=True)
            yield Static(Content(self._hint))

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Give the number, if it is one."""
        event.stop()
        text = event.value[:_DIGITS]
        if text.isdecimal() and int(text) >= self._least:
            self.dismiss(int(text))

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
