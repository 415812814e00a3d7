"""The lines of the list as they read, each made when somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from tui_lab.tui.runs.row import Heading, RunRow
from tui_lab.tui.runs.tree import Line

_DATE = len("20261120-234755-")
"""Characters of a run's name that are left out."""
_SIGN = len(" ▸1,000")
"""Characters behind a name, at the most usual."""


class RunRows(Sequence[RunRow | Heading]):
    """Rows of runs and headings; nothing is made of those that no screen shows."""

    def __init__(self, lines: Sequence[Line], read: Callable[[Line], RunRow | Heading]) -> None:
        self.lines = lines
        self._read = read

    @property
    def runs(self) -> list[RunRow]:
        """The rows of runs, all made now."""
        return [row for row in self if isinstance(row, RunRow)]

    @property
    def longest_name(self) -> int:
        """Columns of the longest name."""
        return max(map(_length, self.lines), default=0)

    def line_id(self, place: int) -> str:
        """What stands at a place; empty where nothing does."""
        return self.lines[place].id if 0 <= place < len(self.lines) else ""

    def place(self, line_id: str) -> int | None:
        """Where a run or heading stands; None where it does not."""
        places = (place for place, line in enumerate(self.lines) if line.id == line_id)
        return next(places, None)

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, place: int) -> RunRow | Heading: ...
    @overload
    def __getitem__(self, place: slice) -> list[RunRow | Heading]: ...
    def __getitem__(self, place: int | slice) -> RunRow | Heading | list[RunRow | Heading]:
        if isinstance(place, slice):
            return [self._read(line) for line in self.lines[place]]
        return self._read(self.lines[place])


def _length(line: Line) -> int:
    if line.is_group:
        return 0
    return len(line.id) - _DATE + len(line.before) + _SIGN * line.is_folded


def _nothing(line: Line) -> Heading:
    raise LookupError(line.id)


NOTHING = RunRows((), _nothing)
