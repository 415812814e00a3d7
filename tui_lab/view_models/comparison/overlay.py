"""One metric of several runs in one chart: a colour and a mark for each run, the same in all of
them, and the band of the reference beneath."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tui_lab.experiment import Curve
from tui_lab.view_models.comparison.band import Band
from tui_lab.view_models.comparison.compared import ComparedRun
from tui_lab.view_models.comparison.differences import turns
from tui_lab.view_models.curves import (
    FORK,
    ROLES,
    SIGNS,
    Axis,
    extent_of,
    place_at,
    positions,
    smoothed,
)
from tui_lab.view_models.figure import Figure, Floats, Line, Mark, Role
from tui_lab.view_models.measurements import Kind
from tui_lab.view_models.number_format import short
from tui_lab.view_models.series import Series

BAND = "band of the reference"
_SHADOWED = 3
"""Runs up to which the raw lines stay as shadows under the smoothed ones: more hide each other."""


@dataclass(frozen=True)
class Looks:
    """How a run is told from the others wherever it is drawn."""

    role: Role
    sign: str
    """A character to draw it with, once all colours have been given out; empty before."""


@dataclass(frozen=True)
class Drawn:
    """How a person wants the curves."""

    x: Axis = "step"
    log: bool = False
    smoothing: float = 0.0
    band: bool = True


def looks_of(place: int) -> Looks:
    """The looks of the run at that place of the comparison, counted from 0."""
    round_, colour = divmod(place, len(ROLES))
    return Looks(ROLES[colour], SIGNS[round_ % len(SIGNS)])


def is_log(runs: Sequence[ComparedRun], key: str) -> bool:
    """Whether a metric is declared to be drawn on a logarithmic axis."""
    pictures = [p for run in runs for p in (run.experiment.pictures if run.experiment else ())]
    return next((p.log for p in pictures if isinstance(p, Curve) and key in p.keys), False)


def overlay(
    runs: Sequence[ComparedRun], reference: int, key: str, band: Band | None, drawn: Drawn
) -> Figure:
    """The figure; runs without a point of the metric are left out of it."""
    kind = runs[reference].kind(key)
    lines = [
        line
        for place, run in enumerate(runs)
        for line in _lines(run, looks_of(place), _points(run, key, kind), drawn, len(runs))
    ]
    lines.sort(key=lambda line: line.role != "muted")
    beneath = _band(runs[reference], key, kind, band, drawn)
    return Figure(
        lines=(*beneath, *lines),
        marks=tuple(_marks(runs, drawn.x)),
        log_y=drawn.log,
        x_label="seconds" if drawn.x == "time" else drawn.x,
        x_range=extent_of([run.view for run in runs], lines, drawn.x),
    )


def overlay_legend(runs: Sequence[ComparedRun], key: str, figure: Figure) -> list[tuple[Role, str]]:
    """Role and words of each run drawn: its name, and the metric's last value."""
    shown = {line.name for line in figure.lines}
    return [
        (looks_of(place).role, f"{run.name} {_last(run, key)}".strip())
        for place, run in enumerate(runs)
        if run.name in shown
    ]


def _last(run: ComparedRun, key: str) -> str:
    return short(run.view.metrics[key]) if key in run.view.metrics else ""


def _points(run: ComparedRun, key: str, kind: Kind) -> Series | None:
    """Points of the wanted kind, so that all runs show the same; else those there are."""
    return run.series(key, kind) or run.series(key, "epoch") or run.series(key, "step")


def _lines(
    run: ComparedRun, looks: Looks, series: Series | None, drawn: Drawn, count: int
) -> Iterator[Line]:
    if series is None:
        return
    at = positions(series, run.view, drawn.x)
    line = Line(run.name, at, series.values, looks.role, sign=looks.sign)
    if drawn.smoothing and count <= _SHADOWED:
        yield replace(line, role="muted", sign="")
    yield smoothed(line, drawn.smoothing) if drawn.smoothing else line


def _band(
    run: ComparedRun, key: str, kind: Kind, band: Band | None, drawn: Drawn
) -> Iterator[Line]:
    series = run.series(key, kind)
    if drawn.band and band is not None and series is not None:
        at: Floats = positions(series, run.view, drawn.x)
        yield Line(BAND, at, band.low, "muted", upper=band.high)


def _marks(runs: Sequence[ComparedRun], x: Axis) -> Iterator[Mark]:
    for run, turned in zip(runs, turns(runs), strict=True):
        for letter, change in turned:
            at = change.t if x == "time" else place_at(run.view, float(change.step), x)
            yield Mark(at, letter, f"{run.name}: {change.text}")
        if run.facts.parent:
            yield Mark(place_at(run.view, float(run.facts.parent_step), x), FORK, "")
