"""Branches under the runs they came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tui_lab.tui.runs.row import RunRow

_LAST, _OTHER, _PAST, _GOING = "└ ", "├ ", "  ", "│ "


def arranged(rows: Sequence[RunRow], parents: Mapping[str, str]) -> list[RunRow]:
    """The rows in their order, but each branch below its parent, as long as that is listed too;
    `parents` by the names of the runs."""
    listed = {row.id for row in rows}
    children: dict[str, list[RunRow]] = {}
    for row in rows:
        parent = parents.get(row.id, "")
        children.setdefault(parent if parent in listed else "", []).append(row)
    found = [each for root in children.get("", []) for each in _family(root, children, "")]
    # Two runs that name each other as parents are below nobody; a directory may say anything.
    seen = {row.id for row in found}
    return found + [row for row in rows if row.id not in seen]


def _family(row: RunRow, children: Mapping[str, Sequence[RunRow]], before: str) -> Iterator[RunRow]:
    yield row
    below = children.get(row.id, ())
    for child in below:
        is_last = child is below[-1]
        named = replace(child, name=before + (_LAST if is_last else _OTHER) + child.name)
        yield from _family(named, children, before + (_PAST if is_last else _GOING))
