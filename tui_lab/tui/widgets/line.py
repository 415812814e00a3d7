"""One line of text with a left and a right part, re-sent only when it reads differently."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

GAP = 2


class Line(Widget):
    """A line that drops its least important parts where there is no room.

    Those of the right side go first, from its first to its last but one, then those of the left
    from its last.
    """

    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; padding: 0 1; }
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._left: tuple[Content, ...] = ()
        self._right: tuple[Content, ...] = ()

    def show(self, left: tuple[Content, ...], right: tuple[Content, ...] = ()) -> None:
        """Show these parts; nothing is drawn when they are the ones on screen."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render(self) -> Content:
        return fit(self._left, self._right, self.size.width)


def fit(left: tuple[Content, ...], right: tuple[Content, ...], width: int) -> Content:
    """Both sides on one line of `width` columns, without the parts that do not fit."""
    while length(left) + length(right) + GAP > width and (right or len(left) > 1):
        if len(right) > 1 or len(left) == 1:
            right = right[1:]
        else:
            left = left[:-1]
    start, end = _joined(left), _joined(right)
    room = width - start.cell_length - end.cell_length
    if room < GAP:
        return start.truncate(width, ellipsis=True)
    return Content.assemble(start, " " * room, end)


def _joined(parts: tuple[Content, ...]) -> Content:
    return Content("  ").join([part for part in parts if part.plain])


def length(parts: tuple[Content, ...]) -> int:
    """Columns that parts take, with the gaps between them."""
    return _joined(parts).cell_length
