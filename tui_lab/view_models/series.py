"""One measured quantity over a run, in bounded memory, and what a chart needs to draw it.

Arithmetic on arrays only: nothing here knows events, runs or widgets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_lab.view_models.figure import Floats

CAPACITY = 2**16
"""Points kept of one series, 1.5 MiB: a fiftieth of a run still has two per column of a screen."""

_Indices = npt.NDArray[np.intp]
_FIRST_SIZE = 64
_BLOCK = 128
"""Points that `smooth` filters with one matrix product; near the fastest for 1k to 65k points."""


class Series:
    """Points of one metric in the order of steps, never more than `capacity` of them.

    When full, the steps are cut into up to `capacity` · 5/16 equal spans and each keeps its
    smallest and largest finite value and its first non-finite one. Spans of steps, not of points,
    so that the start of a long run stays as finely drawn as its end; powers of two wide and begun
    at their multiples, so that cutting many times loses no more than cutting once. The first and
    the last point, every spike and every gap survive; `nonfinite` counts what was appended, not
    what is kept. Arrays handed out stay as they are when more is appended.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 16:
            raise ValueError("a series needs room for at least 16 points.")
        self.capacity = capacity
        self.total = 0
        """Points ever appended."""
        self.nonfinite = 0
        """How many of them were NaN or ±Inf."""
        self.first_nonfinite: int | None = None
        """The step of the first of those."""
        self.nonpositive = 0
        """How many were finite but have no place on a logarithmic axis."""
        self._data = np.empty((3, min(_FIRST_SIZE, capacity)))
        self._size = 0

    @classmethod
    def recalled(cls, points: Floats, state: Mapping[str, Any]) -> Series:
        """The series that had these `points` and this `state`; raises `ValueError` and its like
        for what is none."""
        series = cls()
        if points.shape[0] != 3 or points.shape[1] > series.capacity:
            raise ValueError("a series has three rows of points, and room for so many.")
        first = state["first_nonfinite"]
        series.total, series.nonfinite = int(state["total"]), int(state["nonfinite"])
        series.nonpositive = int(state["nonpositive"])
        series.first_nonfinite = None if first is None else int(first)
        # A full array is never written to, only followed by another: these may be read-only.
        series._data, series._size = points, points.shape[1]
        return series

    @property
    def state(self) -> dict[str, Any]:
        """What is counted, as plain data."""
        names = ("total", "nonfinite", "first_nonfinite", "nonpositive")
        return {name: getattr(self, name) for name in names}

    @property
    def points(self) -> Floats:
        """Steps, values and times as three rows."""
        return self._data[:, : self._size]

    def __len__(self) -> int:
        return self._size

    @property
    def steps(self) -> Floats:
        """The step of each kept point."""
        return self._data[0, : self._size]

    @property
    def values(self) -> Floats:
        """The value of each kept point; may hold NaN and ±Inf."""
        return self._data[1, : self._size]

    @property
    def times(self) -> Floats:
        """Seconds since the run started of each kept point; NaN where that is not known."""
        return self._data[2, : self._size]

    @property
    def span(self) -> int:
        """Steps of which no more than the extremes are kept, at most; 0 where every point is."""
        if self.total == self._size:
            return 0
        return round(_wide(max(float(self.steps[-1] - self.steps[0]), 1.0), self._spans))

    @property
    def _spans(self) -> int:
        return min(5 * self.capacity // 16, self.capacity // 3 - 2)

    @property
    def first(self) -> float | None:
        """The value appended first."""
        return float(self._data[1, 0]) if self._size else None

    @property
    def last(self) -> float | None:
        """The value appended last."""
        return float(self._data[1, self._size - 1]) if self._size else None

    def append(
        self, steps: Sequence[Any] | Floats, values: Sequence[Any] | Floats, times: Any = None
    ) -> None:
        """Add a block of points; non-finite values may be numbers or their names in a log."""
        y = column(values)
        x = column(steps)[: len(y)]
        y = y[: len(x)]
        t = np.full(len(y), np.nan) if times is None else column(times)
        self._count(x, y)
        start = 0
        while start < len(y):
            stop = start + min(self._make_room(len(y) - start), len(y) - start)
            end = self._size + stop - start
            self._data[0, self._size : end] = x[start:stop]
            self._data[1, self._size : end] = y[start:stop]
            self._data[2, self._size : end] = t[start:stop]
            self._size, start = end, stop

    def cut_after(self, step: float) -> None:
        """Forget the points of later steps. What was counted is counted again; in a series that
        was thinned, in proportion to the points that are kept."""
        stays = self.steps <= step
        if stays.all():
            return
        before = self.state
        old, kept = self.points, np.ascontiguousarray(self.points[:, stays])
        # Into another array: figures that are still on screen look at this one.
        self._data = kept if kept.shape[1] else np.empty((3, _FIRST_SIZE))
        self._size = kept.shape[1]
        is_whole = before["total"] == old.shape[1]
        self.total = self.nonfinite = self.nonpositive = 0
        self.first_nonfinite = None
        self._count(kept[0], kept[1])
        if not is_whole and self._size:
            self._scale(before, old, step)

    def _scale(self, before: Mapping[str, Any], points: Floats, step: float) -> None:
        """Make counts of kept points counts of all there were: `before` for all `points`."""
        whole = Series(max(self.capacity, points.shape[1]))
        whole._count(points[0], points[1])
        for name in ("total", "nonfinite", "nonpositive"):
            kept, of = getattr(self, name), getattr(whole, name)
            setattr(self, name, round(kept * before[name] / of) if of else 0)
        ends = points[0, [0, -1]]
        if before["total"] == ends[1] - ends[0] + 1:  # one point a step
            self.total = int(step - ends[0]) + 1

    def _count(self, x: Floats, y: Floats) -> None:
        self.total += len(y)
        finite = np.isfinite(y)
        bad = len(y) - int(np.count_nonzero(finite))
        above = y > 0 if not bad else (y > 0) | ~finite
        self.nonpositive += len(y) - int(np.count_nonzero(above))
        self.nonfinite += bad
        if bad and self.first_nonfinite is None:
            self.first_nonfinite = int(np.nan_to_num(x[finite.argmin()]))

    def _make_room(self, wanted: int) -> int:
        """Grow or thin until at least one more point fits; how many do."""
        if self._size == self.capacity:
            kept = _thinned(self.steps, self.values, self._spans)
            # Into another array: figures that are still on screen look at this one.
            thinned = np.empty_like(self._data)
            thinned[:, : len(kept)] = self._data[:, kept]
            self._data, self._size = thinned, len(kept)
        needed = min(self.capacity, self._size + wanted)
        if needed > self._data.shape[1]:
            grown = np.empty((3, min(self.capacity, max(needed, 2 * self._data.shape[1]))))
            grown[:, : self._size] = self._data[:, : self._size]
            self._data = grown
        return self._data.shape[1] - self._size


def column(values: Sequence[Any] | Floats) -> Floats:
    """A logged column as numbers; what is no number at all becomes NaN."""
    if isinstance(values, np.ndarray) and values.dtype == np.float64 and values.ndim == 1:
        return values
    try:
        return np.asarray(values, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        return np.array([number(value) for value in values], dtype=np.float64)


def number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _thinned(steps: Floats, values: Floats, spans: int) -> _Indices:
    """Which points to keep: of each span its extremes and first non-finite, and both ends."""
    starts = _grid_starts(steps, spans)
    span = np.zeros(len(steps), dtype=np.intp)
    span[starts[1:]] = 1
    span = span.cumsum()
    keep = np.zeros(len(values), dtype=bool)
    keep[[0, -1]] = True
    finite = np.isfinite(values)
    low = high = values
    if not finite.all():
        keep[_firsts(span, ~finite)] = True
        low, high = np.where(finite, values, np.inf), np.where(finite, values, -np.inf)
    keep[_firsts(span, finite & (low == np.minimum.reduceat(low, starts)[span]))] = True
    keep[_firsts(span, finite & (high == np.maximum.reduceat(high, starts)[span]))] = True
    return np.flatnonzero(keep)


def _grid_starts(x: Floats, most: int) -> _Indices:
    """Where each span begins, at most one more than `most` of them; by position as below."""
    width = x[-1] - x[0]
    if not _ascends(x, width):
        return _span_starts(x, most)
    span = np.floor(x / _wide(width, most))
    return np.concatenate(([0], np.flatnonzero(span[1:] != span[:-1]) + 1))


def _wide(width: float, most: int) -> float:
    return 2.0 ** math.ceil(math.log2(width / most))


def _ascends(x: Floats, width: float) -> bool:
    return bool(np.isfinite(width) and width > 0 and np.all(x[1:] >= x[:-1]))


def _span_starts(x: Floats, spans: int) -> _Indices:
    """Where each span of equal width begins; by position where x does not ascend."""
    width = x[-1] - x[0]
    if not _ascends(x, width):
        return np.arange(0, len(x), max(1, -(-len(x) // spans)))
    span = np.minimum((x - x[0]) / width * spans, spans - 1).astype(np.intp)
    return np.concatenate(([0], np.flatnonzero(span[1:] != span[:-1]) + 1))


def _firsts(span: _Indices, chosen: npt.NDArray[np.bool_]) -> _Indices:
    """The first chosen point of every span that has one."""
    found = np.flatnonzero(chosen)
    return found[np.diff(span[found], prepend=-1) > 0]


def averaged(x: Floats, y: Floats, spans: int) -> tuple[Floats, Floats]:
    """The mean of each of `spans` equal spans of x, at its last point; NaN where any value is not
    finite. Fewer points than that come back as they are."""
    if len(y) <= spans:
        return x, y
    starts = _span_starts(x, spans)
    counts = np.diff(starts, append=len(y))
    with np.errstate(invalid="ignore", over="ignore"):
        # Divided first: the sum of values near the largest float would overflow.
        means = np.add.reduceat(y / np.repeat(counts, counts), starts)
    return x[starts + counts - 1], means


def smooth(y: Floats, weight: float) -> Floats:
    """Exponential moving average without the bias towards zero at its start.

    `weight` of the past, 0 <= weight < 1. Non-finite values stay where they are and are left out
    of the average. The recursion is unrolled over blocks into one matrix product, since a Python
    loop over the points of a long series would cost a frame.
    """
    if not 0 <= weight < 1:
        raise ValueError("a smoothing weight is at least 0 and below 1.")
    out = np.array(y, dtype=np.float64)
    finite = np.isfinite(out)
    values = out[finite]
    if weight == 0 or not len(values):
        return out
    counts = np.arange(1, len(values) + 1)
    out[finite] = _filtered(values, weight) / -np.expm1(counts * np.log(weight))
    return out


def _filtered(values: Floats, weight: float) -> Floats:
    """s[i] = weight · s[i-1] + (1 - weight) · values[i], with s[-1] = 0."""
    rows = -(-len(values) // _BLOCK)
    padded = np.zeros((rows, _BLOCK))
    padded.reshape(-1)[: len(values)] = values
    lag = np.arange(_BLOCK) - np.arange(_BLOCK)[:, None]
    kernel = np.where(lag >= 0, (1 - weight) * weight ** np.maximum(lag, 0).astype(float), 0.0)
    blocks = padded @ kernel
    decay = weight ** np.arange(1.0, _BLOCK + 1)
    for row in range(1, rows):
        blocks[row] += blocks[row - 1, -1] * decay
    return blocks.reshape(-1)[: len(values)]
