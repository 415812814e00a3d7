"""The lines of the list: groups, and in them branches below the runs they came from; any of these
may be folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

_LAST, _OTHER, _PAST, _GOING = "└ ", "├ ", "  ", "│ "
_DEEPEST = 24
"""Characters that are drawn before the sign of a branch."""


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


class Group(NamedTuple):
    """Runs that have something in common."""

    id: str
    runs: Sequence[str]


def grouped(
    groups: Iterable[Group], parents: Mapping[str, str], folded: Collection[str] = ()
) -> list[Line]:
    """Each group below its heading, as a tree of its own."""
    lines = list[Line]()
    for group in groups:
        is_folded = group.id in folded
        lines.append(Line(group.id, "", len(group.runs), "", is_folded, True))
        if not is_folded:
            lines += arranged(group.runs, parents, folded, group.id)
    return lines


def arranged(
    runs: Sequence[str],
    parents: Mapping[str, str],
    folded: Collection[str] = (),
    above: str = "",
) -> list[Line]:
    """The runs in their order, but each branch below its parent, as long as that is listed too. A
    family stands where the first of it stood. `parents` by the names of the runs; `above` is the
    line that the roots are folded into."""
    listed = set(runs) if parents else set()
    kin = {run: parents[run] for run in runs if parents.get(run, "") in listed} if parents else {}
    if not kin:
        return [Line(run, above) for run in runs]
    roots = _roots(runs, kin)
    forest = _Forest(runs, kin, folded)
    lines = list[Line]()
    for root in dict.fromkeys(roots.get(run, run) for run in runs):
        if root in roots:
            lines += forest.lines(root, above)
        else:
            lines.append(Line(root, above))
    return lines


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
                waiting += reversed(list(self._branches(run, before[:_DEEPEST])))

    def _branches(self, run: str, before: str) -> Iterator[tuple[str, str, str, str]]:
        children = self._children[run]
        for child in children:
            is_last = child is children[-1]
            sign, going = (_LAST, _PAST) if is_last else (_OTHER, _GOING)
            yield child, run, before + sign, before + going
