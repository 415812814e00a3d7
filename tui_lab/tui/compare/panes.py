"""What stands below the curves: what differs, what came of it, and what must be said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui_lab.tui.compare.rows import RunRows
from tui_lab.tui.key_names import key_name
from tui_lab.tui.panes.pane_box import pane_titles
from tui_lab.view_models.plain_text import plain

LABELS = {"differing": "what differs", "results": "results", "remarks": "remarks"}
"""What each of the panes is called, by its name."""
_MORE = "← → scroll"
_NUMBERS = {name: number for number, name in enumerate(LABELS, 1)}


class Remarks(VerticalScroll, can_focus=True):
    """Sentences, one below another."""

    DEFAULT_CSS = """
    Remarks {
        height: auto;
        padding: 0 1;
        border: round $border-blurred;
        border-title-color: $foreground;
        border-title-style: none;
        scrollbar-size: 1 1;
        &:focus { border: round $accent; border-title-style: bold; }
        Static { height: auto; }
    }
    """
    HELP: ClassVar[str | None] = "What must be said of these runs; `↓` and `↑` scroll."

    def compose(self) -> ComposeResult:
        yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        self.sentences: tuple[str, ...] = ()

    def show(self, sentences: Sequence[str]) -> None:
        """Show these, where they differ from those on screen."""
        if tuple(sentences) != self.sentences:
            self.sentences = tuple(sentences)
            self.query_one("#said", Static).update(Content("\n".join(map(plain, sentences))))


class ComparePanes(Vertical):
    """All of them where there is room, else one at a time under a title that names them all."""

    def __init__(self) -> None:
        super().__init__(id="panes")
        self.differing, self.results = RunRows(id="differing"), RunRows(id="results")
        self.remarks = Remarks(id="remarks", classes="-pane")
        self.current = "results"
        """The pane that is shown where there is room for one."""
        self._words: dict[tuple[str | None, str], Content] = {}
        """Those in the borders."""

    def compose(self) -> ComposeResult:
        yield Container(*self.tables, id="tables")
        yield self.remarks

    def on_mount(self) -> None:
        self.watch(self.screen, "focused", self._follow_focus, init=False)
        self.open(self.current)

    def on_resize(self) -> None:
        self.entitle()

    @property
    def tables(self) -> tuple[RunRows, RunRows]:
        """Those with a row for each run."""
        return self.differing, self.results

    def open(self, name: str) -> None:
        """Show the pane of that name, if there is not room for all."""
        self.current = name
        for each in LABELS:
            self._pane(each).set_class(each == name, "-current")
        self.set_class(name == "remarks", "-on-remarks")
        self.entitle()

    def focus_on(self, name: str) -> None:
        """Show a pane and let keys act there."""
        self.open(name)
        self._pane(name).focus()

    def say(self, sentence: str) -> None:
        """What the results are of, in the border of their table."""
        for table, words in ((self.differing, ""), (self.results, sentence)):
            said = Content(" · ".join(filter(None, (plain(words), _MORE * table.is_cut))))
            if self._change(table, "below", said):
                table.border_subtitle = said

    def entitle(self) -> None:
        """Name each pane by its key, or all of them above the one that is shown."""
        alone = self.screen.has_class("-short")
        everything = pane_titles(self.app, LABELS, self.current, _NUMBERS)
        for name, label in LABELS.items():
            key = key_name(self.app, f"pane.{name}", str(_NUMBERS[name]))
            title = everything if alone else Content(f"{key} {label}")
            pane = self._pane(name)
            if self._change(pane, "above", title):
                pane.border_title = title

    def _change(self, pane: Widget, where: str, words: Content) -> bool:
        """Whether these are other words than before: for any, the border is drawn again."""
        place = (pane.id, where)
        is_other = place not in self._words or not self._words[place].is_same(words)
        self._words[place] = words
        return is_other

    def _pane(self, name: str) -> Widget:
        panes: dict[str, Widget] = {"differing": self.differing, "results": self.results}
        return panes.get(name, self.remarks)

    def _follow_focus(self, focused: Widget | None) -> None:
        if focused is not None and focused.id in LABELS and focused.id != self.current:
            self.open(focused.id)
