"""What came of each run in one metric, and how that stands to a reference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tui_lab.view_models.comparison.band import (
    LEAST_SEEDS,
    Band,
    band_of_seeds,
    first_other,
    first_outside,
    own_band,
)
from tui_lab.view_models.comparison.compared import ComparedRun
from tui_lab.view_models.comparison.differences import origins
from tui_lab.view_models.measurements import Kind
from tui_lab.view_models.series import Series

Likeness = Literal["other", "reference", "same", "same as kept"]
"""How a run stands to the reference: bit for bit, or in all points that are kept of long runs."""


@dataclass(frozen=True)
class Result:
    """One run in one metric; None where there is no saying."""

    last: float | None
    """A value over a whole set counts more than one batch's."""
    best: float | None
    best_step: int | None
    difference: float | None
    """Its last value less the reference's."""
    other_from: int | None
    """The first step with another value than the reference's."""
    leaves: int | None
    """The first step outside the reference's band."""
    comparable: bool
    """Whether the run goes over steps that the reference goes over."""
    shared: bool
    """Whether both have a point at the same step."""
    exact: bool
    """Whether every point of both is kept, as it is but in very long runs: else an earlier step may
    be another."""


def direction(runs: Sequence[ComparedRun], key: str) -> str:
    """`minimize` or `maximize`, as declared, or as the metric's name says; else empty."""
    for run in runs:
        declared = run.experiment.metrics if run.experiment else ()
        found = next((metric.direction for metric in declared if metric.key == key), None)
        if found:
            return found
    return next((way for word, way in _BY_NAME.items() if word in key), "")


_BY_NAME = {
    "loss": "minimize",
    "error": "minimize",
    "perplexity": "minimize",
    "accuracy": "maximize",
}


def results(
    runs: Sequence[ComparedRun], reference: int, key: str, band: Band | None
) -> list[Result]:
    """The result of each run, in their order."""
    way = direction(runs, key)
    kind = runs[reference].kind(key)
    return [_result(run, runs[reference], key, kind, way, band) for run in runs]


def band_of(runs: Sequence[ComparedRun], reference: int, key: str) -> Band | None:
    """The band of the reference in a metric: that of the runs which differ from it in the seed
    alone, where there are enough of them, else its own. None where it has no points."""
    chosen = runs[reference]
    kind = chosen.kind(key)
    line = chosen.series(key, kind)
    if line is None:
        return None
    twins = (run.series(key, kind) for run in runs if run is not chosen and _twins(run, chosen))
    others = [series for series in twins if series is not None]
    if len(others) + 1 >= LEAST_SEEDS:
        return band_of_seeds(line, others)
    return own_band(line)


def likeness(run: ComparedRun, reference: ComparedRun) -> Likeness:
    """Whether every metric of a run has the same values at the same steps as the reference's."""
    if run is reference:
        return "reference"
    own, other = run.view.series, reference.view.series
    if not own or own.keys() != other.keys():
        return "other"
    if not all(_equal(own[place], other[place]) for place in own):
        return "other"
    whole = all(line.total == len(line) for line in own.values())
    return "same" if whole else "same as kept"


def _equal(one: Series, other: Series) -> bool:
    return (
        one.total == other.total
        and np.array_equal(one.steps, other.steps)
        and np.array_equal(one.values, other.values, equal_nan=True)
    )


def _twins(run: ComparedRun, reference: ComparedRun) -> bool:
    """Whether they differ in the seed, and in nothing else that `differences` would name."""
    return (
        run.values == reference.values
        and [each.name for each in origins((reference, run))] == ["seed"]
        and not (run.view.marks or reference.view.marks)
        and not (run.facts.parent or reference.facts.parent)
    )


def _result(
    run: ComparedRun,
    reference: ComparedRun,
    key: str,
    kind: Kind,
    way: str,
    band: Band | None,
) -> Result:
    last, against = run.view.metrics.get(key), reference.view.metrics.get(key)
    best, best_step = _best(run, key, way)
    line, other = run.series(key, kind), reference.series(key, kind)
    comparable = line is not None and other is not None and _overlap(line, other)
    found = band is not None and line is not None and other is not None and comparable
    ended = not (run.live or reference.live)
    return Result(
        last=last,
        best=best,
        best_step=best_step,
        difference=None if last is None or against is None else last - against,
        other_from=first_other(other, line) if found and line and other else None,
        leaves=first_outside(band, line, ended=ended) if found and band and line else None,
        comparable=comparable,
        shared=line is not None and other is not None and _share(line, other),
        exact=not any(series is not None and series.span for series in (line, other)),
    )


def _share(one: Series, other: Series) -> bool:
    return bool(np.isin(one.steps, other.steps, kind="sort").any())


def _overlap(one: Series, other: Series) -> bool:
    return bool(one.steps[0] <= other.steps[-1] and other.steps[0] <= one.steps[-1])


def _best(run: ComparedRun, key: str, way: str) -> tuple[float | None, int | None]:
    line = run.series(key, "epoch") or run.series(key, "step")
    if line is None or not way:
        return None, None
    finite = np.isfinite(line.values)
    if not finite.any():
        return None, None
    worst = math.inf if way == "minimize" else -math.inf
    values = np.where(finite, line.values, worst)
    place = int(values.argmin() if way == "minimize" else values.argmax())
    return float(line.values[place]), int(line.steps[place])


def shared_metrics(runs: Sequence[ComparedRun]) -> tuple[list[str], list[str]]:
    """The metrics that all runs have points of, and those that only some have, each in the order
    in which the runs' experiments declare them; undeclared ones follow by name."""
    having = [{key for _, key in run.view.series} for run in runs]
    every = set.intersection(*having) if having else set()
    some = set().union(*having) - every
    order = list(dict.fromkeys(_declared(runs)))
    return _ordered(every, order), _ordered(some, order)


def _declared(runs: Sequence[ComparedRun]) -> Iterator[str]:
    for run in runs:
        yield from (metric.key for metric in (run.experiment.metrics if run.experiment else ()))


def _ordered(keys: set[str], order: Sequence[str]) -> list[str]:
    return [key for key in order if key in keys] + sorted(keys - set(order))
