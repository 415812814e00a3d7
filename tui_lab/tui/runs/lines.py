"""The lines of the list from the top: of most of them nothing is kept but a name."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, overload


class Line(NamedTuple):
    """One line: a run, or the heading of a group."""

    id: str
    """The run's name, or what its group is known by."""
    above: str = ""
    """The line that it is folded into; empty for none."""
    below: int = 0
    """How many runs are folded into it, when it is folded."""
    before: str = ""
    """What the tree draws before a name."""
    is_folded: bool = False
    is_group: bool = False
    """Whether it is the heading of a group."""


Entry = str | Line
"""A line, or the name alone of a run below no other."""


class Lines(Sequence[Line]):
    """Lines, each made when somebody looks at it: thousands of them, made at every letter of a
    filter, would keep the garbage collector busy for longer than a key may wait."""

    def __init__(self, entries: Sequence[Entry] = (), headings: Sequence[int] = ()) -> None:
        """`headings` are the places of those of groups, into which the names below are folded."""
        self._entries = entries
        self._headings = headings

    def place(self, line_id: str) -> int | None:
        """Where a run or heading stands; None where it does not."""
        if line_id in self._told:
            return self._told[line_id]
        try:
            return self._entries.index(line_id)
        except ValueError:
            return None

    @property
    def names(self) -> Iterator[str]:
        """The runs of which there is only the name."""
        return (each for each in self._entries if isinstance(each, str))

    @property
    def told(self) -> Iterator[Line]:
        """The lines of which there is more."""
        return (each for each in self._entries if isinstance(each, Line))

    @property
    def runs(self) -> Iterator[str]:
        """The runs that have a line, from the top."""
        for each in self._entries:
            if isinstance(each, str):
                yield each
            elif not each.is_group:
                yield each.id

    @cached_property
    def _told(self) -> Mapping[str, int]:
        """The places of the lines of which there is more."""
        entries = enumerate(self._entries)
        return {each.id: place for place, each in entries if isinstance(each, Line)}

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, place: int) -> Line: ...
    @overload
    def __getitem__(self, place: slice) -> list[Line]: ...
    def __getitem__(self, place: int | slice) -> Line | list[Line]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        entry = self._entries[place]
        if isinstance(entry, Line):
            return entry
        return Line(entry, self._above(place % len(self)))

    def _above(self, place: int) -> str:
        """The heading over a place."""
        heading = bisect_right(self._headings, place)
        return self[self._headings[heading - 1]].id if heading else ""
