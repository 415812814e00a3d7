"""The lesson of an experiment, read and rendered when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static


class NotesView(VerticalScroll):
    """The page of Markdown that `read` gives."""

    DEFAULT_CSS = """
    NotesView {
        Markdown { padding: 0 1; margin: 0; }
        #told { height: auto; padding: 0 1; display: none; }
        #told.-shown { display: block; border: round $accent; }
    }
    """

    def __init__(self, read: Callable[[], str], *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._read = read
        self._told = Static(id="told", markup=False)
        self._told.border_title = "What happened"

    def compose(self) -> ComposeResult:
        from textual.widgets import Markdown  # 40 ms that the first paint can do without

        yield self._told
        yield Markdown(self._read(), open_links=False)

    def tell(self, words: str) -> None:
        """Put a few words above the lesson."""
        self._told.update(words)
        self._told.set_class(bool(words), "-shown")
        self.scroll_home(animate=False)
