"""The source of the step, with a mark on the line that stands still while micro-stepping."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui_lab.view_models.plain_text import plain

HERE = "▶"


class CodeView(VerticalScroll):
    """The lines of a program's step as written, numbered as in their file."""

    DEFAULT_CSS = """
    CodeView { padding: 0 1; }
    CodeView Static { width: auto; }
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._source: tuple[str, ...] = ()
        self._lines: list[Content] = []
        self._shown: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        yield Static("The source appears when a run has started.", markup=False)

    def forget(self) -> None:
        """Another run comes: no line of it is being executed yet."""
        if self._shown is not None:
            self.show(self._source, self._shown[0], None)

    def show(self, source: Sequence[str], first: int, current: int | None) -> None:
        """Show `source`, whose first line has the number `first`; `current` is the line being
        executed, None when the loop runs freely."""
        if source and tuple(source) != self._source:
            self._source, self._shown = tuple(source), None
            self._lines = highlighted(source)
        here = current or 0
        if self._source and self._shown != (first, here):
            self._shown = (first, here)
            self.query_one(Static).update(numbered(self._lines, first, here))
            if here:
                self.scroll_to(y=max(0, here - first - self.size.height // 2), animate=False)


def highlighted(source: Sequence[str]) -> list[Content]:
    """The lines in the colours of the theme, without the indentation they all share."""
    from textual.highlight import highlight  # 10 ms that the first paint can do without

    code = "\n".join(plain(line.expandtabs(4)) for line in source)
    lines = highlight(code, language="python").split("\n", allow_blank=True)
    filled = [line.plain for line in lines if line.plain.strip()]
    indent = min((len(line) - len(line.lstrip()) for line in filled), default=0)
    return [line[indent:] for line in lines]


def numbered(lines: Sequence[Content], first: int, current: int) -> Content:
    """The lines with their numbers, and `HERE` before the one numbered `current`."""
    rows = []
    for number, line in enumerate(lines, first):
        here = number == current
        sign = (f"{HERE if here else ' '} {number:>4}  ", "bold $accent" if here else "$text-muted")
        rows.append(Content.assemble(sign, line.stylize("bold") if here else line))
    return Content("\n").join(rows)
