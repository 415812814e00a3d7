"""Which cells of a picture made of rows differ from those before, so that only they go out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip


def changed(old: Sequence[Strip], new: Sequence[Strip]) -> list[Region]:
    """One region per row that differs, from its first to its last differing cell.

    Both pictures must have the same size. A row with characters of two columns counts whole.
    """
    rows = enumerate(zip(old, new, strict=True))
    return [_difference(y, before, after) for y, (before, after) in rows if before != after]


def _difference(y: int, before: Strip, after: Strip) -> Region:
    was, now = list(_cells(before)), list(_cells(after))
    differing = [x for x, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]]
    width = after.cell_length
    if not len(was) == len(now) == width or not differing:
        return Region(0, y, width, 1)
    return Region(differing[0], y, differing[-1] - differing[0] + 1, 1)


def _cells(strip: Strip) -> Iterator[tuple[str, Style | None]]:
    for text, style, _ in strip:
        for character in text:
            yield character, style
