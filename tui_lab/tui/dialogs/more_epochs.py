"""Asks for how many more epochs a finished run goes on."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class MoreEpochsDialog(ModalScreen[int | None]):
    """Gives a number; None is the way back."""

    DEFAULT_CSS = """
    MoreEpochsDialog {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }

        #more {
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
        Binding("escape", "cancel", "back", tooltip="Leave it as it is", id="more_epochs.cancel"),
    ]

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._epochs = epochs

    def compose(self) -> ComposeResult:
        with Vertical(id="more") as box:
            box.border_title = Content("How many epochs more?")
            yield Input(str(max(1, self._epochs)), type="integer", compact=True)
            yield Static(Content(f"It has taken all its {self._epochs:,}, and goes on from there."))

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Give the number, if it is one."""
        event.stop()
        if event.value.isdecimal() and int(event.value):
            self.dismiss(int(event.value))

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
