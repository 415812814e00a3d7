"""Which cells of a picture made of rows differ from those before, so that only they go out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip


def changed(old: Sequence[Strip], new: Sequence[Strip]) -> list[Region]:
    """One region per row that differs, from its first to its last differing cell.

    Both pictures must have the same size, and every character must be one column wide.
    """
    regions = []
    for y, (before, after) in enumerate(zip(old, new, strict=True)):
        if before == after:
            continue
        differing = [
            x
            for x, (was, now) in enumerate(zip(_cells(before), _cells(after), strict=True))
            if was != now
        ]
        if differing:
            regions.append(Region(differing[0], y, differing[-1] - differing[0] + 1, 1))
    return regions


def _cells(strip: Strip) -> Iterator[tuple[str, Style | None]]:
    for text, style, _ in strip:
        for character in text:
            yield character, style
