"""In which order runs stand, in which groups, and which of them are folded away."""

from __future__ import annotations

import math
import statistics
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tui_lab.search.order import Rank, ordered, rank
from tui_lab.search.reference import value_of, words
from tui_lab.tui.runs.columns import Order, column_name
from tui_lab.tui.runs.lines import Line, Lines
from tui_lab.tui.runs.row import figure
from tui_lab.tui.runs.tree import Group, arranged, grouped
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

GROUPS = ("experiment", "status", "tag", "study")
"""What runs can be grouped by, beside their hyperparameters."""


class Arrangement:
    """How the runs that are listed follow each other."""

    def __init__(self) -> None:
        self.order: Order | None = None
        """How the runs are sorted; None for the newest first."""
        self.group_by = ""
        """The name of what the runs of a group have in common; empty for no groups."""
        self.is_tree = True
        """Whether branches stand below the runs they came from."""
        self.folded: set[str] = set()
        """The lines that are folded."""
        self._groups: Mapping[str, Sequence[RunSummary]] = {}
        self._headings: dict[str, str] = {}
        self._sorted: tuple[Sequence[RunSummary], Order | None, Sequence[RunSummary]]
        self._sorted = (), None, ()
        """The runs that were sorted last, how, and as what."""
        self._grouped_for: tuple[Sequence[RunSummary], str, Order | None] = (), "", None
        """The runs that were grouped last, by what, and how they were sorted."""

    @property
    def state(self) -> Hashable:
        """All that the lines depend on, beside the runs."""
        return self.order, self.group_by, self.is_tree, frozenset(self.folded)

    @property
    def words(self) -> Iterator[str]:
        """What a title says of it."""
        if self.group_by:
            yield f"grouped by {column_name(self.group_by)}"
        if self.order is not None:
            yield f"by {column_name(self.order.key)} {self.order.sign}"

    def sort_by(self, key: str) -> None:
        """Sort by a column; by the one that it is sorted by already, the other way round."""
        again = self.order is not None and self.order.key == key
        self.order = Order(key, again and not (self.order and self.order.falling))

    def group(self, name: str) -> None:
        """Group by what has this name, all of it open; by nothing where it is empty."""
        self.group_by = name
        self.folded.clear()

    def members(self, group: str) -> Iterable[str]:
        """The runs of a group that is listed."""
        return (run.id for run in self._groups.get(group, ()) if self.group_by)

    def heading(self, group: str) -> str:
        """What stands above a group that is listed; found out when somebody looks."""
        if group not in self._headings:
            runs = self._groups[group]
            named = _named(self.group_by, value_of(runs[0], self.group_by))
            self._headings[group] = " · ".join((named, *self._told(runs)))
        return self._headings[group]

    def lines(self, runs: Sequence[RunSummary]) -> Lines:
        """The runs, in their order, as they are to follow each other. The same list is not grouped
        once more when something is only folded."""
        parents = {run.id: run.parent for run in runs if run.parent} if self.is_tree else {}
        if not self.group_by:
            return arranged([run.id for run in runs], parents, self.folded)
        self._group_once(runs)
        groups = [Group(name, [run.id for run in some]) for name, some in self._groups.items()]
        return grouped(groups, parents, self.folded)

    def in_order(self, runs: Sequence[RunSummary]) -> Sequence[RunSummary]:
        """The runs, given newest first, sorted; the same list is sorted once."""
        if self.order is None:
            return runs
        before, order, there = self._sorted
        if before is not runs or order != self.order:
            key = self.order.key
            there = ordered(runs, lambda run: sorted_by(run, key), falling=self.order.falling)
            self._sorted = runs, self.order, there
        return there

    def _group_once(self, runs: Sequence[RunSummary]) -> None:
        if self._grouped_for[0] is not runs or self._grouped_for[1:] != (self.group_by, self.order):
            self._groups = self._grouped(runs)
            self._grouped_for = runs, self.group_by, self.order
            self._headings.clear()

    def _grouped(self, runs: Sequence[RunSummary]) -> Mapping[str, Sequence[RunSummary]]:
        """By what they have in common; sorted runs bring their groups into their own order."""
        found: dict[Rank | None, list[RunSummary]] = {}
        places: dict[Any, list[RunSummary]] = {}
        name = self.group_by
        for run in runs:
            value = value_of(run, name)
            # Of thousands of runs there are few values: a rank is made of each, not of each run.
            key = value if isinstance(value, float | str) else (repr(value),)
            if (there := places.get(key)) is None:
                there = places[key] = found.setdefault(rank(value), [])
            there.append(run)
        pairs = list(found.items())
        if self.order is None:
            pairs.sort(key=lambda pair: (pair[0] is None, pair[0] or ()))
        return {f"{self.group_by}{_sign(place)}": some for place, some in pairs}

    def _told(self, runs: Sequence[RunSummary]) -> Iterator[str]:
        """How many there are, and what they have in the column that they are sorted by: the first
        of it in the order, and the one in the middle."""
        yield "1 run" if len(runs) == 1 else f"{len(runs):,} runs"
        if self.order is None:
            return
        found = [figure(run, self.order.key) for run in runs]
        numbers = [each for each in found if _is_number(each)]
        if numbers:
            first = ("highest", max) if self.order.falling else ("lowest", min)
            yield f"{column_name(self.order.key)} {first[0]} {short(first[1](numbers))}"
            yield f"median {short(statistics.median(numbers))}"

    def fold(self, line: Line) -> str:
        """Fold a line, or, where there is nothing to, the one above it: the line to be at then."""
        folded = line.id if line.below and not line.is_folded else line.above
        if folded:
            self.folded.add(folded)
        return folded or line.id

    def unfold(self, line: Line) -> None:
        """Show again what is folded into a line."""
        self.folded.discard(line.id)


def sorted_by(run: RunSummary, key: str) -> Any:
    """What a run is sorted by in a column; None where it has nothing there."""
    match key:
        case "age":
            return -run.created.timestamp()
        case "status":
            return run.status.value
        case "name":
            return run.id
        case _:
            return figure(run, key)


def _sign(place: Rank | None) -> str:
    """What tells a group from all the others, and its line from every run's."""
    if place is None:
        return "?"
    return f":{place[2]}" if place[0] else f"={place[1]}"


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isnan(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _named(name: str, value: Any) -> str:
    """A group by what its runs have in common: `lr 0.1`, `tag good`, `no study`."""
    if rank(value) is None:
        return f"no {column_name(name)}"
    if isinstance(value, tuple):
        return " ".join(f"#{plain(str(each), 60)}" for each in value)
    text = value if isinstance(value, str) else words(value)
    return f"{column_name(name)} {plain(text, 60)}"
