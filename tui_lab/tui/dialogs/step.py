"""Asks for a step to look back at."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input


class StepDialog(ModalScreen[int | None]):
    """Gives a step; None is the way back."""

    DEFAULT_CSS = """
    StepDialog {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }

        #step-box {
            width: 40;
            height: auto;
            padding: 1 2;
            border: round $border;
            border-title-color: $accent;
            border-title-style: bold;
            background: $surface;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", tooltip="Stay at this step", id="step.cancel"),
    ]

    def __init__(self, last: int) -> None:
        super().__init__()
        self._last = last

    def compose(self) -> ComposeResult:
        with Vertical(id="step-box") as box:
            box.border_title = Content(f"To which step, of {self._last:,}?")
            yield Input(type="integer", compact=True)

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Give the step, if it is one."""
        event.stop()
        if event.value.isdecimal():
            self.dismiss(int(event.value[:15]))

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
