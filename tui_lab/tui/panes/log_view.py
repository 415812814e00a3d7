"""What happened in a run, line by line, and what its worker printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui_lab.view_models.plain_text import plain, printed_lines

if TYPE_CHECKING:
    from textual.widgets import RichLog

_LINES_KEPT = 1000
_LEAST_LINES = 4


class LogView(Vertical):
    """The run's log in words; below it the end of worker.log, when there is any."""

    DEFAULT_CSS = """
    LogView {
        RichLog { height: 1fr; padding: 0 1; background: transparent; scrollbar-size-vertical: 1; }
        Static { height: auto; max-height: 50%; padding: 0 1; color: $text-muted; display: none; }
        Static.-shown { display: block; border-top: solid $border-blurred; }
    }
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._lines: RichLog | None = None
        self._written = 0
        self._told: list[str] = []
        """Lines of the lab's own that are still to be written."""
        self._printed = Static(markup=False)
        self._output = ""

    def compose(self) -> ComposeResult:
        from textual.widgets import RichLog  # 5 ms that the first paint can do without

        self._lines = RichLog(max_lines=_LINES_KEPT, wrap=True, markup=False, highlight=False)
        yield self._lines
        yield self._printed

    def clear(self) -> None:
        """Forget the run shown so far."""
        self._written = 0
        self._told.clear()
        if self._lines is not None:
            self._lines.clear()
        self.show_output("")

    def show(self, lines: Sequence[str], count: int) -> None:
        """Append what is new: `lines` are the last of the `count` lines logged so far.

        All of them go in one write, because each write re-sends the whole pane.
        """
        new = min(count - self._written, len(lines))
        if new > 0 and self._lines is not None:
            self._written = count
            self._lines.write(Text("\n".join(lines[len(lines) - new :])))
        if self._told and self._lines is not None:
            self._lines.write(Text("\n".join(self._told)))
            self._told.clear()

    def tell(self, line: str) -> None:
        """A line that is not from the run's log, after those that are there so far."""
        self._told.append(line)

    def show_output(self, output: str) -> None:
        """Show the end of what the worker printed."""
        if output == self._output:
            return
        self._output = output
        rows = max(_LEAST_LINES, self.size.height // 2 - 1)  # more would be cut at the end
        last = "\n".join(plain(line) for line in printed_lines(output)[-rows:])
        self._printed.update(last)
        self._printed.set_class(bool(last), "-shown")
