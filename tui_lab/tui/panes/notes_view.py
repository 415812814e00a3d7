"""The lesson of an experiment, read and rendered when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll


class NotesView(VerticalScroll):
    """The page of Markdown that `read` gives."""

    DEFAULT_CSS = """
    NotesView Markdown { padding: 0 1; margin: 0; }
    """

    def __init__(self, read: Callable[[], str], *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._read = read

    def compose(self) -> ComposeResult:
        from textual.widgets import Markdown  # 40 ms that the first paint can do without

        yield Markdown(self._read(), open_links=False)
