"""The lines of the list as they read, each made when somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import overload

from tui_lab.tui.runs.lines import Line, Lines
from tui_lab.tui.runs.row import Heading, RunRow

_DATE = len("20261120-234755-")
"""Characters of a run's name that are left out."""
_SIGN = len(" ▸1,000")
"""Characters behind a name, at the most usual."""


class RunRows(Sequence[RunRow | Heading]):
    """Rows of runs and headings; nothing is made of those that no screen shows."""

    def __init__(self, lines: Lines, read: Callable[[Line], RunRow | Heading]) -> None:
        self.lines = lines
        self._read = read

    @property
    def runs(self) -> list[RunRow]:
        """The rows of runs, all made now."""
        return [row for row in self if isinstance(row, RunRow)]

    @cached_property
    def longest_name(self) -> int:
        """Columns of the longest name."""
        names = max(map(len, self.lines.names), default=_DATE) - _DATE
        return max(names, max(map(_length, self.lines.told), default=0))

    def line_id(self, place: int) -> str:
        """What stands at a place; empty where nothing does."""
        return self.lines[place].id if 0 <= place < len(self.lines) else ""

    def place(self, line_id: str) -> int | None:
        """Where a run or heading stands; None where it does not."""
        return self.lines.place(line_id)

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


NOTHING = RunRows(Lines(), _nothing)
