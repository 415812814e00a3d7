"""Every trial of a study as a row, however many there are: only what is seen is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from tui_lab.study import Trial
from tui_lab.tui.study.columns import TrialColumn, heading, trial_cells, trial_columns
from tui_lab.tui.widgets.row_table import HEADER, Cell, RowTable
from tui_lab.view_models.study import StudyView, TrialOrder

_MOVES = (
    ("down", "down,j", "move(1)", "down", "To the trial below"),
    ("up", "up,k", "move(-1)", "up", "To the trial above"),
    ("first", "home", "move_to(0)", "first", "To the first trial"),
    ("last", "end", "move_to(-1)", "last", "To the last trial"),
    ("page_down", "pagedown", "page(1)", "page down", "Down by a page"),
    ("page_up", "pageup", "page(-1)", "page up", "Up by a page"),
)


class TrialTable(RowTable):
    """The cursor stays on its trial when the others move, or at the top."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "open",
            key_display="↵",
            tooltip="Show the trial's run in its experiment",
            id="trials.open",
        ),
        *(
            Binding(keys, action, words, tooltip=tooltip, id=f"trials.{name}", show=False)
            for name, keys, action, words, tooltip in _MOVES
        ),
    ]

    @dataclass
    class Opened(Message):
        """A person wants to see the trial's run."""

        table: TrialTable
        trial: Trial

        @property
        def control(self) -> TrialTable:
            return self.table

    def __init__(self, view: StudyView, *, id: str) -> None:  # noqa: A002 # Textual's own word
        super().__init__(id=id)
        self.view = view
        self.rows: Sequence[Trial] = ()
        """The trials from the top."""
        self.columns: tuple[TrialColumn, ...] = ()
        self.order = TrialOrder()
        self.best = 0
        """How many of the best show their ranks."""
        self._drawn: dict[int, tuple[Trial, float | None, int]] = {}
        """What each row showed when it was drawn last."""

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def current(self) -> Trial | None:
        """The trial under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def show(self, rows: Sequence[Trial], order: TrialOrder, best: int) -> None:
        """Show these rows; only what reads differently is drawn again."""
        before, held = self.rows, self.current
        anew = (order, best) != (self.order, self.best) or len(rows) < len(before)
        self.rows, self.order, self.best = rows, order, best
        self.virtual_size = Size(0, len(rows) + HEADER)
        if not self.lay_out():
            if anew:
                self.refresh()
            else:
                self._refresh_rows()
        self._hold(held)

    def _refresh_rows(self) -> None:
        """Draw the rows on the screen that look otherwise than when they were drawn."""
        top = self.scroll_offset.y
        for place in range(top, min(top + self.rows_shown, len(self.rows))):
            if self._drawn.get(place) != self._look(self.rows[place]):
                self.refresh_row(place)

    def _look(self, trial: Trial) -> tuple[Trial, float | None, int]:
        """All that a row is made of."""
        return trial, self.view.distance(trial), self.view.rank(trial)

    def lay_out(self) -> bool:
        room = self.scrollable_content_region.width
        columns = trial_columns(self.view, room) if room else ()
        if columns == self.columns:
            return False
        self.columns = columns
        self.refresh()
        return True

    def _hold(self, held: Trial | None) -> None:
        """Keep the cursor on its trial; at the top it stays at the top, whoever comes there."""
        current = self.current
        if held is not None and self.cursor and (current is None or current.number != held.number):
            places = {trial.number: place for place, trial in enumerate(self.rows)}
            self.cursor = places.get(held.number, min(self.cursor, max(len(self.rows) - 1, 0)))

    def heading_cells(self) -> Sequence[Cell]:
        return [heading(self.view, column, self.order) for column in self.columns]

    def row_cells(self, place: int) -> Sequence[Cell]:
        trial = self.rows[place]
        self._drawn[place] = self._look(trial)
        return trial_cells(self.view, trial, self.columns, self.best)

    def action_open(self) -> None:
        if self.current is not None:
            self.post_message(self.Opened(self, self.current))
