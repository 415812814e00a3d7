"""What a terminal without room for the lab shows instead of it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

SMALLEST = Size(40, 12)


def fits(size: Size) -> bool:
    """Whether the lab has room."""
    return size.width >= SMALLEST.width and size.height >= SMALLEST.height


class SmallScreen(Screen[None]):
    """One line that says how much room is missing; it leaves when there is enough."""

    DEFAULT_CSS = """
    SmallScreen { align: center middle; }
    SmallScreen Static { width: 100%; text-align: center; color: $warning; }
    """

    def compose(self) -> ComposeResult:
        yield Static(self._sentence(), id="small")

    def on_resize(self, event: Resize) -> None:
        if not fits(event.size):
            self.query_one("#small", Static).update(self._sentence())
        elif self.is_current:
            self.dismiss()

    def on_screen_resume(self) -> None:
        if fits(self.app.size):
            self.dismiss()

    def _sentence(self) -> Content:
        have, need = self.app.size, SMALLEST
        return Content(
            f"{have.width}×{have.height} is too small; "
            f"the lab needs {need.width}×{need.height}. Runs go on."
        )
