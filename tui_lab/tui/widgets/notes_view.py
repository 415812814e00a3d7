"""The lesson of an experiment, rendered from Markdown when it is first looked at."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll


class NotesView(VerticalScroll):
    """A page of Markdown."""

    DEFAULT_CSS = """
    NotesView Markdown { padding: 0 1; margin: 0; }
    """

    def __init__(self, text: str, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._text = text

    def compose(self) -> ComposeResult:
        from textual.widgets import Markdown  # 40 ms that the first paint can do without

        yield Markdown(self._text, open_links=False)
