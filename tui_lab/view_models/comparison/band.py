"""How far from a reference a run may be and still count as going along with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tui_lab.view_models.figure import Floats
from tui_lab.view_models.series import Series

LOW, HIGH = 5, 95
"""Percentiles of a band of several seeds."""
LEAST_SEEDS = 5
"""Runs that such a band needs."""
_SHARE, _FEWEST, _MOST = 10, 2, 50
"""A window reaches a tenth of the points of a curve to either side, but no fewer or more points."""


@dataclass(frozen=True)
class Band:
    """Lower and upper edge at the steps of the reference; NaN where there is no saying."""

    steps: Floats
    low: Floats
    high: Floats
    reach: int
    """Points to either side that it is made from, and that a run must stay outside in a row."""
    seeds: int = 0
    """Runs it is made from; 0 for the reference's own curve."""
    fewest: int = 0
    """Of those how many had not ended, where fewest had not."""

    @property
    def definition(self) -> str:
        """What the band is and when it is left, as a sentence."""
        if self.seeds:
            what = f"from the {LOW}th to the {HIGH}th percentile of the {self.seeds} runs here "
            what += "that differ in the seed alone"
            if self.fewest < self.seeds:
                what += f", {self.fewest} of them where fewest have a value"
        else:
            what = f"the lowest to the highest value of the reference within {self.reach} points "
            what += "before and after"
        left = f"left at the first of {self.reach} points in a row outside it"
        return f"Band: {what}; {left}, or of {_FEWEST} up to the end."


def own_band(reference: Series) -> Band:
    """What a curve itself covers around each of its points: noise makes it wide, a steady curve
    leaves it as narrow as it changes within so many points."""
    reach = _reach(len(reference))
    values = reference.values
    finite = np.isfinite(values)
    low = _around(np.where(finite, values, np.inf), reach, np.minimum)
    high = _around(np.where(finite, values, -np.inf), reach, np.maximum)
    none = low > high
    return Band(reference.steps, np.where(none, np.nan, low), np.where(none, np.nan, high), reach)


def band_of_seeds(reference: Series, others: Sequence[Series]) -> Band:
    """What runs that differ by chance alone cover at each step of the reference: those that were
    there. Where fewer than `LEAST_SEEDS` of them were, there is no saying."""
    steps = reference.steps
    rows = [reference.values, *(_between(series, steps) for series in others)]
    table = np.array([np.where(np.isfinite(row), row, np.nan) for row in rows])
    there = np.isfinite(table).sum(axis=0)
    known = there >= LEAST_SEEDS
    edges = np.full((2, len(steps)), np.nan)
    if known.any():
        edges[:, known] = np.nanpercentile(table[:, known], (LOW, HIGH), axis=0)
    fewest = int(there[known].min(initial=len(rows)))
    return Band(steps, edges[0], edges[1], _reach(len(steps)), len(rows), fewest)


def _between(series: Series, steps: Floats) -> Floats:
    """Its values at these steps; NaN before its first and after its last one."""
    found: Floats = np.interp(steps, series.steps, series.values, left=np.nan, right=np.nan)
    return found


def first_outside(band: Band, run: Series, *, ended: bool = True) -> int | None:
    """The step at which a run leaves a band; None where it never does, as far as both go.

    It stays outside for `reach` points in a row. Once both have `ended`, two that reach the last
    point are enough, so that neither a short run nor one that left late counts as having stayed.
    """
    shared = (run.steps >= band.steps[0]) & (run.steps <= band.steps[-1])
    steps, values = run.steps[shared], run.values[shared]
    at = np.searchsorted(band.steps, steps)
    low, high = band.low[at], band.high[at]
    with np.errstate(invalid="ignore"):
        outside = (values < low) | (values > high) | (np.isnan(values) & np.isfinite(low))
    judged = np.isfinite(low)
    steps, outside = steps[judged], outside[judged]
    fewest = min(_FEWEST, max(1, len(steps))) if ended else band.reach
    # Beyond the last point all is outside: what lasts until there is long enough.
    padded = np.concatenate(([0], np.cumsum(np.append(outside, np.ones(band.reach, bool)))))
    in_a_row = padded[band.reach :] - padded[: -band.reach] == band.reach
    places = np.flatnonzero(in_a_row[: max(0, len(steps) - fewest + 1)])
    return int(steps[places[0]]) if len(places) else None


def first_other(reference: Series, run: Series) -> int | None:
    """The first step, of those that both have, with another value; None where all are equal."""
    at = np.searchsorted(reference.steps, run.steps).clip(max=len(reference) - 1)
    one, other = reference.values[at], run.values
    differ = (one != other) & ~(np.isnan(one) & np.isnan(other))
    found = np.flatnonzero(differ & (reference.steps[at] == run.steps))
    return int(run.steps[found[0]]) if len(found) else None


def _reach(points: int) -> int:
    return max(_FEWEST, min(points // _SHARE, _MOST))


def _around(values: Floats, reach: int, least: np.ufunc) -> Floats:
    """The extreme of each point and `reach` others on either side, by doubling spans."""
    padded = np.pad(values, reach, constant_values=np.inf if least is np.minimum else -np.inf)
    width, span = 2 * reach + 1, 1
    while 2 * span <= width:
        padded = least(padded[:-span], padded[span:])
        span *= 2
    rest = width - span
    found: Floats = least(padded[: len(values)], padded[rest : rest + len(values)])
    return found
