"""A border whose words are sent by the row they stand in, not with all that it surrounds."""

from __future__ import annotations

from typing import Self

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget


class Frame(Widget):
    """A widget with words in its border that change while what is inside stays."""

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 # Textual's own word
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self._border_words = (Content(), Content())
        self._border_row: tuple[Region, ...] = ()

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """As for any widget, but new words alone repaint no more than their row of the border."""
        return super().refresh(
            *(regions or self._border_row), repaint=repaint, layout=layout, recompose=recompose
        )

    def write_border(self, title: Content, subtitle: Content) -> None:
        """Put these words into the upper and the lower border, where they differ from those there;
        empty ones leave a plain line."""
        if not title.is_same(self._border_words[0]):
            self._border_row = self._row_at(-self.gutter.top)
            self.border_title = title if title else None
        if not subtitle.is_same(self._border_words[1]):
            self._border_row = self._row_at(self.size.height + self.gutter.bottom - 1)
            self.border_subtitle = subtitle if subtitle else None
        self._border_words = (title, subtitle)
        self._border_row = ()

    def _row_at(self, y: int) -> tuple[Region, ...]:
        return (Region(-self.gutter.left, y, self.outer_size.width, 1),)
