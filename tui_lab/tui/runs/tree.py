"""The lines of the list: groups, and in them branches below the runs they came from; any of these
may be folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tui_lab.tui.runs.lines import Entry, Line, Lines

_LAST, _OTHER, _PAST, _GOING = "└ ", "├ ", "  ", "│ "
_DEEPEST = 24
"""Characters that are drawn before the sign of a branch."""


class Group(NamedTuple):
    """Runs that have something in common."""

    id: str
    runs: Sequence[str]


def grouped(
    groups: Iterable[Group], parents: Mapping[str, str], folded: Collection[str] = ()
) -> Lines:
    """Each group below its heading, as a tree of its own."""
    entries, headings = list[Entry](), list[int]()
    for group in groups:
        is_folded = group.id in folded
        headings.append(len(entries))
        entries.append(Line(group.id, "", len(group.runs), "", is_folded, True))
        if not is_folded:
            entries += _entries(group.runs, parents, folded, group.id)
    return Lines(entries, headings)


def arranged(
    runs: Sequence[str], parents: Mapping[str, str], folded: Collection[str] = ()
) -> Lines:
    """The runs in their order, but each branch below its parent, as long as that is listed too. A
    family stands where the first of it stood. `parents` by the names of the runs."""
    return Lines(_entries(runs, parents, folded, ""))


def _entries(
    runs: Sequence[str], parents: Mapping[str, str], folded: Collection[str], above: str
) -> Sequence[Entry]:
    """A tree of these runs; `above` is the line that its roots are folded into."""
    kin = _kin(runs, parents)
    if not kin:
        return runs
    roots = _roots(runs, kin)
    forest = _Forest(runs, kin, folded)
    entries = list[Entry]()
    for root in dict.fromkeys([roots.get(run, run) for run in runs]):
        if root in roots:
            entries += forest.lines(root, above)
        else:
            entries.append(root)
    return entries


def _kin(runs: Iterable[str], parents: Mapping[str, str]) -> dict[str, str]:
    """The parents of those that are listed below them."""
    listed = set(runs) if parents else set[str]()
    # There may be many groups, or many branches: only the fewer are gone through.
    below = listed & parents.keys()
    return {run: parents[run] for run in below if parents[run] in listed}


def _roots(runs: Iterable[str], kin: dict[str, str]) -> Mapping[str, str]:
    """The run that begins the family of each that has one. Of runs that name each other as parents
    one is below nobody from now on: a directory may say anything."""
    roots: dict[str, str] = {}
    for run in [run for run in runs if run in kin]:
        way, at = dict[str, None](), run
        while at not in roots and at in kin:
            way[at] = None
            if kin[at] in way:
                del kin[at]
            else:
                at = kin[at]
        root = roots.setdefault(at, at)
        roots |= dict.fromkeys(way, root)
    return roots


class _Forest:
    """Runs and the branches below them."""

    def __init__(
        self, runs: Iterable[str], kin: Mapping[str, str], folded: Collection[str]
    ) -> None:
        self._children: dict[str, list[str]] = {}
        for run in runs:
            if run in kin:
                self._children.setdefault(kin[run], []).append(run)
        self._folded = folded
        self._below = self._counted(kin)

    def _counted(self, kin: Mapping[str, str]) -> Mapping[str, int]:
        """How many runs stand below each that has any."""
        order = [run for run in self._children if run not in kin]
        for run in order:  # which grows meanwhile
            order += self._children.get(run, ())
        below = Counter[str]()
        for run in reversed(order):
            if run in kin:
                below[kin[run]] += below[run] + 1
        return below

    def lines(self, root: str, above: str) -> Iterator[Line]:
        """A run, and what stands below it."""
        waiting = [(root, above, "", "")]
        while waiting:
            run, over, sign, before = waiting.pop()
            below = self._below.get(run, 0)
            is_folded = bool(below) and run in self._folded
            yield Line(run, over, below, sign, is_folded)
            if below and not is_folded:
                waiting += self._branches(run, before[:_DEEPEST])

    def _branches(self, run: str, before: str) -> list[tuple[str, str, str, str]]:
        """What stands below a run, from the last."""
        last, *others = reversed(self._children[run])
        branches = [(child, run, before + _OTHER, before + _GOING) for child in others]
        return [(last, run, before + _LAST, before + _PAST), *branches]
