"""The lesson of an experiment, rendered from Markdown when it is first looked at."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.widgets import Markdown


class NotesView(VerticalScroll):
    """A page of Markdown."""

    DEFAULT_CSS = """
    NotesView Markdown { padding: 0 1; margin: 0; }
    """

    def __init__(self, text: str, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._text = text

    async def render_once(self) -> None:
        """Render the page, the first time; later calls do nothing."""
        if not self.query(Markdown):
            await self.mount(Markdown(self._text, open_links=False))
