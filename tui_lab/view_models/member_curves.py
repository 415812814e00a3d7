"""The curves of the runs of a population as one: their median, and where 5 to 95 % of them lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tui_lab.experiment import Curve
from tui_lab.view_models.curves import OF, Axis, looks_of_key, positions, series_shown
from tui_lab.view_models.figure import Figure, Floats, Line
from tui_lab.view_models.run import RunView
from tui_lab.view_models.series import Series
from tui_lab.view_models.spread import HIGH, LOW

_MOST_POINTS = 512
"""Of a band: two for each column of a wide chart."""


class MemberCurves:
    """How the members of a population are spread at each step; `revision` tells figures apart."""

    def __init__(self, views: Sequence[RunView], count: int, revision: int = 0) -> None:
        """`views` of some members or all, out of `count`."""
        self.views = views
        self.count = count
        self.revision = revision
        self._kept: dict[tuple[str, str], tuple[Line, ...]] = {}

    def over(self, figure: Figure, view: RunView, curve: Curve, x: Axis) -> Figure:
        """The figure of one member with the band and the median of all, and its own lines in the
        background."""
        if (curve.title, x) not in self._kept:
            self._kept[curve.title, x] = tuple(self._lines(view, curve, x))
        lines = self._kept[curve.title, x]
        if not lines:
            return figure
        own = [replace(line, role="muted", dotted=None, sign="") for line in figure.lines]
        bands = [line for line in lines if line.upper is not None]
        medians = [line for line in lines if line.upper is None]
        return replace(figure, lines=(*bands, *own, *medians))

    def _lines(self, view: RunView, curve: Curve, x: Axis) -> list[Line]:
        found: list[Line] = []
        for number, key in enumerate(curve.keys):
            reference = series_shown(view, curve, key)
            others = [s for v in self.views if (s := series_shown(v, curve, key)) is not None]
            if reference is None or not len(reference) or not others:
                continue
            chosen = _thinned(len(reference))
            low, median, high = _quantiles(reference.steps[chosen], others)
            at = positions(reference, view, x)[chosen]
            role, _, sign = looks_of_key(number)
            line = Line(f"{key}{OF}median", at, median, role, sign=sign)
            found += [replace(line, y=low, upper=high, sign=""), line]
        return found


def _thinned(points: int) -> Floats | slice:
    """The first, the last, and evenly some between."""
    if points <= _MOST_POINTS:
        return slice(None)
    places: Floats = np.linspace(0, points - 1, _MOST_POINTS).round().astype(np.intp)
    return places


def _quantiles(steps: Floats, members: Sequence[Series]) -> Floats:
    """Three rows, over those members that have come so far and are a finite number there."""
    table = np.array([np.interp(steps, s.steps, s.values, right=np.nan) for s in members if len(s)])
    found = np.full((3, len(steps)), np.nan)
    table[~np.isfinite(table)] = np.nan
    known = np.isfinite(table).any(axis=0) if len(table) else np.zeros(len(steps), bool)
    if known.any():
        shares = (LOW, 0.5, HIGH)
        found[:, known] = np.nanquantile(table[:, known], shares, axis=0)
    return found
