"""What is gathered from a file that is imported: the points of every metric, with their places."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tui_lab.checks import LARGEST, LONGEST_NAME
from tui_lab.view_models.plain_text import plain

MOST_POINTS = 50_000_000
"""Of all metrics together: more than a gigabyte."""
MOST_KEYS = 1000
MOST_ONCE = 100_000
"""Of gradients and of what a run ended with, of which a large model has some for each parameter."""
ONCE = ("gradients", "end")
"""Kinds of rows whose values are no curves."""
ANY = ""
"""The kind of a row that does not say it."""
_ABSOLUTE = 1e8
"""Seconds from which on a time is one since 1970."""
_DENSE = 8
"""Consecutive steps on average, from which on rows are written as those of steps."""
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class BadImport(ValueError):
    """What a file holds can't be imported; the message is a clause."""


@dataclass
class Points:
    """Of one metric, in the order of the file."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    epochs: array[int] = field(default_factory=lambda: array("q"))
    """0 where none was given."""
    times: array[float] = field(default_factory=lambda: array("d"))
    """Seconds, since whenever; NaN where none was given."""
    values: array[float] = field(default_factory=lambda: array("d"))

    @property
    def last(self) -> tuple[int, float]:
        """The greatest step and the value there; of several the last of the file."""
        steps = np.array(self.steps, np.int64)
        place = len(steps) - 1 - int(steps[::-1].argmax())
        return int(steps[place]), self.values[place]

    def ordered(self) -> tuple[Integers, Integers, Floats, Floats]:
        """By step; of several of one step the last."""
        steps = np.array(self.steps, np.int64)
        order = np.argsort(steps, kind="stable")
        last = np.append(np.diff(steps[order]) > 0, True) if len(order) else order.astype(bool)
        kept = order[last]
        others = (np.array(self.epochs, np.int64), np.array(self.times), np.array(self.values))
        epochs, times, values = (column[kept] for column in others)
        return steps[kept], epochs, times, values


class Gathered:
    """Points by the kind of their rows and the key of their metric."""

    def __init__(self) -> None:
        self.points: dict[tuple[str, str], Points] = {}
        self.left_out: dict[str, None] = {}
        """Columns that are not numbers."""
        self.started = math.nan
        """When the run began, in seconds since 1970; NaN where that is not known."""
        self._count = 0
        self._keys = [0, 0]

    def add(
        self, kind: str, step: int, epoch: int, seconds: float, values: Mapping[str, float]
    ) -> None:
        """Take over a row; raises `BadImport` for what no run can hold."""
        if not 0 <= step <= LARGEST or not 0 <= epoch <= LARGEST:
            raise BadImport(f"{step if not 0 <= step <= LARGEST else epoch} is no number of steps")
        for key, value in values.items():
            points = self.points.get((kind, key)) or self._new(kind, key)
            points.steps.append(step)
            points.epochs.append(epoch)
            points.times.append(seconds)
            points.values.append(value)
        self._count += len(values)
        if self._count > MOST_POINTS:
            raise BadImport(f"it holds more than {MOST_POINTS:,} numbers")

    def _new(self, kind: str, key: str) -> Points:
        is_once = kind in ONCE
        most = MOST_ONCE if is_once else MOST_KEYS
        if self._keys[is_once] >= most:
            raise BadImport(f"it holds more than {most:,} metrics")
        self._keys[is_once] += 1
        if not key or len(key) > LONGEST_NAME or plain(key) != key:
            raise BadImport(f"{plain(key, 40)!r} can't be the name of a metric")
        return self.points.setdefault((kind, key), Points())

    def settle(self) -> None:
        """Find out what rows are that did not say it: those of steps have no place for gaps, so
        that rows of steps that lie far apart stand as evaluations do."""
        self.points = {
            (kind if kind != ANY else _kind(points.steps), key): points
            for (kind, key), points in self.points.items()
        }

    @property
    def keys(self) -> list[str]:
        """Of all metrics, in the order in which they came."""
        return list(dict.fromkeys(key for _, key in self.points))

    @property
    def measured(self) -> list[str]:
        """Those of rows of steps and of evaluations, which are curves; of gradients and of the end
        there are moments alone."""
        return list(dict.fromkeys(key for kind, key in self.points if kind not in ONCE))

    @property
    def origin(self) -> float:
        """What the times count from: the start where they are since 1970, else 0."""
        first = self._first()
        if not first > _ABSOLUTE:
            return 0.0
        return self.started if self.started <= first else first

    def _first(self) -> float:
        """The first time there is; NaN where there is none."""
        firsts = (np.nanmin(p.times) for p in self.points.values() if _has_times(p))
        return float(min(firsts, default=math.nan))


def _kind(steps: array[int]) -> str:
    there = np.unique(np.array(steps, np.int64))
    gaps = int(np.count_nonzero(np.diff(there) != 1))
    return "step" if len(there) >= _DENSE * (gaps + 1) else "epoch"


def _has_times(points: Points) -> bool:
    return not all(map(math.isnan, points.times[:1] + points.times[-1:]))


def whole(text: str) -> int:
    """A number of steps as it is written, `12` or `12.0`; raises `ValueError`."""
    try:
        return int(text)
    except ValueError:
        value = float(text)
        if not value.is_integer():
            raise ValueError(f"{text!r} is not a whole number") from None
        return int(value)
