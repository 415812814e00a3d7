"""A form over the screen: what is typed is taken, or what is wrong with it said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from tui_lab.errors import TuiLabError

ResultT = TypeVar("ResultT")


class FormDialog(ModalScreen[ResultT | None], Generic[ResultT]):
    """Asks; a subclass says what, and reads it. None is the way back."""

    DEFAULT_CSS = """
    FormDialog {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }

        #form {
            width: 72;
            max-width: 96%;
            height: auto;
            padding: 1 2;
            border: round $border;
            border-title-color: $accent;
            border-title-style: bold;
            background: $surface;
        }
        Static { color: $text-muted; }
        #complaint { display: none; color: $error; }
        &.-wrong #complaint { display: block; }
    }
    """

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question
        self.complaint = ""
        """What is wrong with what was typed."""

    def compose(self) -> ComposeResult:
        with Vertical(id="form") as form:
            form.border_title = Content(self.question)
            yield from self.fields()
            yield Static(id="complaint")

    def fields(self) -> Iterable[Widget]:
        """What is to be filled in, from top to bottom."""
        raise NotImplementedError

    def read(self) -> ResultT:
        """What was typed; raises `TuiLabError` with the sentence that is shown."""
        raise NotImplementedError

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Give what was typed, or say what is wrong with it."""
        event.stop()
        try:
            self.dismiss(self.read())
        except TuiLabError as error:
            self.complaint = str(error)
            self.query_one("#complaint", Static).update(Content(self.complaint))
            self.add_class("-wrong")

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
