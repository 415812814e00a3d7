"""Asks where the picture in front is written to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui_lab.errors import UsageError
from tui_lab.exchange.destinations import destinations
from tui_lab.exchange.formats import PICTURES, format_of, named
from tui_lab.tui.dialogs.form import FormDialog


class PictureDialog(FormDialog[Path]):
    """One path, from the directory that the lab was opened in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", tooltip="Write nothing", id="picture.cancel"),
    ]

    def __init__(self, title: str, path: str) -> None:
        """`path` stands there at first."""
        super().__init__(f"Write {title} to")
        self._path = path

    def fields(self) -> Iterable[Widget]:
        yield Input(self._path, select_on_focus=False, compact=True)
        yield Static(Content("\n".join(f"{each.suffix:<6}{each.help}" for each in PICTURES)))

    def read(self) -> Path:
        """The path; raises `UsageError` where it is none for a picture."""
        (path,) = destinations(self.query_one(Input).value, [""]).values()
        if format_of(path) not in [each.suffix for each in PICTURES]:
            raise UsageError(f"The name of a picture ends in {named(PICTURES)}.")
        return path.absolute()
