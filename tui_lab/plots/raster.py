"""Lines, points and bars as dots on a grid, and dots as characters; arrays only, top row first.

A chart's canvas of `columns` x `rows` cells holds 2x4 dots per cell in braille, 2x2 in quadrants
(`hd`) and one in ascii. Positions come as fractions of the canvas: 0 left or bottom, 1 right or
top, NaN where there is nothing to place.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tui_lab.config import Marker

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Dots = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
Glyphs = npt.NDArray[np.str_]

DOTS: dict[Marker, tuple[int, int]] = {"braille": (2, 4), "hd": (2, 2), "ascii": (1, 1)}
"""Dots per cell: across, down."""

_BITS: dict[Marker, tuple[tuple[int, ...], ...]] = {
    "braille": ((1, 8), (2, 16), (4, 32), (64, 128)),
    "hd": ((1, 2), (4, 8)),
    "ascii": ((1,),),
}
_ALPHABET: dict[Marker, Glyphs] = {
    "braille": np.array([" ", *(chr(0x2800 + code) for code in range(1, 256))]),
    "hd": np.array(list(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")),
    "ascii": np.array(list(" *")),
}


def cells_of(fractions: Floats, count: int) -> Integers:
    """The cell out of `count` each fraction falls into; fractions must be finite and in [0, 1]."""
    return np.floor(0.5 + (count - 1) * fractions).astype(np.intp)


def within(x: Floats, y: Floats) -> Dots:
    """Which points can be placed at all; `y` is cut off at the edges beforehand, `x` is not."""
    slack = 1e-9
    return (x >= -slack) & (x <= 1 + slack) & np.isfinite(y)


def envelope(x: Floats, y: Floats, edges: Floats) -> tuple[Floats, Floats]:
    """The smallest and the largest `y` between each two of `edges`; what lies outside is left out.

    `x` must ascend; `edges` are in its units. They are the columns of the canvas, not equal parts
    of the data, so that a growing curve leaves what is already drawn as it is. A column without a
    finite value comes back as NaN and so breaks the line; among others a NaN breaks nothing.
    """
    cuts = np.searchsorted(x, edges)
    cuts[-1] = np.searchsorted(x, edges[-1], side="right")
    if cuts[-1] - cuts[0] <= 2 * (len(edges) - 1):
        kept = slice(cuts[0], cuts[-1])
        return x[kept], y[kept]
    filled = cuts[1:] > cuts[:-1]
    starts, stops = cuts[:-1][filled], cuts[1:][filled] - 1
    inside = y[: cuts[-1]]
    low, high = np.fmin.reduceat(inside, starts), np.fmax.reduceat(inside, starts)
    falling = inside[starts] > inside[stops]
    first, second = np.where(falling, high, low), np.where(falling, low, high)
    where = np.column_stack((x[starts], x[stops])).reshape(-1)
    return where, np.column_stack((first, second)).reshape(-1)


def line(x: Floats, y: Floats, columns: int, rows: int) -> Dots:
    """The dots of a line through the points; non-finite points break it. Sizes count dots."""
    grid = np.zeros((rows, columns), dtype=np.bool_)
    placed = within(x, y)
    i = cells_of(np.where(placed, np.clip(x, 0, 1), 0), columns)
    j = cells_of(np.where(placed, np.clip(1 - y, 0, 1), 0), rows)
    grid[j[placed], i[placed]] = True
    joined = np.flatnonzero(placed[1:] & placed[:-1])
    across, down = i[joined + 1] - i[joined], j[joined + 1] - j[joined]
    lengths = np.maximum(np.abs(across), np.abs(down))
    # One entry per dot of every segment, numbered from the segment's own start.
    segment = np.repeat(np.arange(len(lengths)), lengths)
    nth = np.arange(len(segment)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    part = nth / lengths[segment]
    start = joined[segment]
    to_row = j[start] + np.rint(part * down[segment]).astype(np.intp)
    grid[to_row, i[start] + np.rint(part * across[segment]).astype(np.intp)] = True
    return grid


def dotted(dots: Dots) -> Dots:
    """The same with every second column of dots moved into the one before it; no row is lost."""
    thin = np.zeros_like(dots)
    thin[:, ::2] = dots[:, ::2] | dots[:, 1::2]
    return thin


def scatter(x: Floats, y: Floats, columns: int, rows: int) -> Dots:
    """The dots of points alone."""
    grid = np.zeros((rows, columns), dtype=np.bool_)
    placed = within(x, y)
    column = cells_of(np.clip(x[placed], 0, 1), columns)
    grid[cells_of(np.clip(1 - y[placed], 0, 1), rows), column] = True
    return grid


def band(x: Floats, low: Floats, high: Floats, columns: int, rows: int) -> Dots:
    """Every other dot between two edges, which are joined from point to point."""
    grid = np.zeros((rows, columns), dtype=np.bool_)
    placed = within(x, low) & within(x, high)
    if not placed.any():
        return grid
    at = (np.arange(columns) + 0.5) / columns
    order = np.argsort(x[placed])
    known = np.clip(x[placed][order], 0, 1)
    lower, upper = (np.interp(at, known, edge[placed][order]) for edge in (low, high))
    height = 1 - (np.arange(rows)[:, None] + 0.5) / rows
    grid = (lower <= height) & (height <= upper) & (at >= known[0]) & (at <= known[-1])
    checked: Dots = grid & ((np.arange(rows)[:, None] + np.arange(columns)) % 2 == 0)
    return checked


def bars(
    x: Floats, y: Floats, base: float, width: float, columns: int, rows: int, *, grain: int = 1
) -> Dots:
    """Upright bars from `base` to `y`, each `width` of the canvas wide but at least one dot.

    Their sides stand on multiples of `grain` dots, so that bars as broad as cells look alike.
    """
    placed = within(x, y)
    x, y = x[placed], np.clip(y[placed], 0, 1)
    left = np.clip(np.rint((x - width / 2) * columns / grain) * grain, 0, columns - 1)
    right = np.clip(left + max(1, round(width * columns / grain) * grain), left + 1, columns)
    foot = (1 - min(max(base, 0.0), 1.0)) * rows
    tip = (1 - y) * rows
    upper = np.minimum(np.floor(np.minimum(tip, foot)), rows - 1)
    lower = np.maximum(np.ceil(np.maximum(tip, foot)), upper + 1)
    flat = np.abs(tip - foot) < 1e-9
    lower = np.where(flat, upper, lower)  # a bar of no height shows nothing
    grid = np.zeros((rows, columns), dtype=np.bool_)
    edges: Iterable[list[int]] = np.column_stack((upper, lower, left, right)).astype(int).tolist()
    for top, bottom, start, stop in edges:
        grid[top:bottom, start:stop] = True
    return grid


def codes(dots: Dots, marker: Marker) -> Codes:
    """One number per cell that says which of its dots are set."""
    across, down = DOTS[marker]
    bits = dots.view(np.uint8)
    summed: Codes = np.zeros((dots.shape[0] // down, dots.shape[1] // across), dtype=np.uint8)
    for row, weights in enumerate(_BITS[marker]):
        for column, weight in enumerate(weights):
            summed |= bits[row::down, column::across] * np.uint8(weight)
    return summed


def glyphs(of: Codes, marker: Marker) -> Glyphs:
    """The character of each code."""
    return _ALPHABET[marker][of]


def levels(z: Floats, count: int) -> npt.NDArray[np.int8]:
    """Which of `count` levels each value belongs to, -1 for a non-finite one.

    The levels hold equally many values each, so that the rings around a minimum stay evenly spaced
    although the function is steep far from it.
    """
    finite = np.isfinite(z)
    found = np.full(z.shape, -1, dtype=np.int8)
    if finite.any():
        cuts = np.quantile(z[finite], np.linspace(0, 1, count + 1)[1:-1])
        found[finite] = np.searchsorted(cuts, z[finite], side="left")
    return found
