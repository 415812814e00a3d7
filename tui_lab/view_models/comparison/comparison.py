"""Runs side by side as they stand now: what differs, their figures, the sentences to be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tui_lab.view_models.comparison.band import Band
from tui_lab.view_models.comparison.compared import ComparedRun
from tui_lab.view_models.comparison.differences import Difference, differences
from tui_lab.view_models.comparison.overlay import Drawn, overlay, overlay_legend
from tui_lab.view_models.comparison.remarks import headline, remarks
from tui_lab.view_models.comparison.results import (
    Likeness,
    Result,
    band_of,
    direction,
    likeness,
    results,
    shared_metrics,
)
from tui_lab.view_models.curves import Axis
from tui_lab.view_models.figure import Figure, Role

_USUAL = "train/loss"
_BETTER = {"minimize": " (less is better)", "maximize": " (more is better)", "": ""}


@dataclass(frozen=True)
class Comparison:
    """One look at several runs. Their views go on growing: make another one to look again."""

    runs: tuple[ComparedRun, ...]
    reference: int = 0
    """The place of the run that the others are held against."""
    chosen: str = ""
    """The metric that a person wants; empty for the one that says most."""

    @cached_property
    def shared(self) -> list[str]:
        """The metrics that all runs have points of."""
        return shared_metrics(self.runs)[0]

    @cached_property
    def unshared(self) -> list[str]:
        """Those that only some have."""
        return shared_metrics(self.runs)[1]

    @property
    def metrics(self) -> list[str]:
        """Every metric that can be looked at, those of all runs first."""
        return [*self.shared, *self.unshared]

    @cached_property
    def metric(self) -> str:
        """The metric that is looked at; empty where nothing was measured."""
        if self.chosen in self.metrics:
            return self.chosen
        judged = (key for key in self.shared if direction(self.runs, key))
        return _USUAL if _USUAL in self.shared else next(judged, next(iter(self.metrics), ""))

    @cached_property
    def differences(self) -> list[Difference]:
        """What differs, and nothing else."""
        return differences(self.runs)

    @cached_property
    def band(self) -> Band | None:
        """That of the reference in the metric."""
        return self.band_in(self.metric)

    @cached_property
    def results(self) -> list[Result]:
        """Those of the metric, in the order of the runs."""
        return results(self.runs, self.reference, self.metric, self.band)

    @cached_property
    def likenesses(self) -> list[Likeness]:
        """How each run stands to the reference as a whole."""
        return [likeness(run, self.runs[self.reference]) for run in self.runs]

    def band_in(self, key: str) -> Band | None:
        """The reference's band in any metric."""
        return band_of(self.runs, self.reference, key)

    def results_in(self, key: str) -> list[Result]:
        """The results in any metric, as `results` gives those of the one looked at."""
        return results(self.runs, self.reference, key, self.band_in(key))

    @property
    def held_against(self) -> str:
        """The metric, which way it is better, and the reference; empty where nothing was
        measured."""
        if not self.metric:
            return ""
        way = _BETTER[direction(self.runs, self.metric)]
        return f"{self.metric}{way}, held against {self.runs[self.reference].name}"

    @property
    def headline(self) -> str:
        """How many runs, of what, and what they share."""
        return headline(self.runs, self.shared)

    @property
    def remarks(self) -> list[str]:
        """What must be said beside the tables."""
        return remarks(self.runs, self.differences, self.unshared)

    @property
    def band_words(self) -> str:
        """What the band is, how exactly it is known, and in which points; empty without one."""
        if self.band is None:
            return ""
        run = self.runs[self.reference]
        kind = run.kind(self.metric)
        line = run.series(self.metric, kind)
        of = "evaluations" if kind == "epoch" else "steps"
        words = f"{self.band.definition} Points are {of}"
        if line is None or all(result.exact for result in self.results):
            return f"{words}."
        lines = [run.series(self.metric, kind) for run in self.runs]
        span = max(each.span for each in lines if each is not None)
        kept = f"{len(line):,} kept of {line.total:,}" if line.span else "not all of them kept"
        return f"{words}, {kept}: of {span:,} steps the extremes, so exact to as many."

    def figure(self, drawn: Drawn) -> Figure:
        """The curves of the metric laid over each other."""
        return overlay(self.runs, self.reference, self.metric, self.band, drawn)

    def legend(self, figure: Figure) -> list[tuple[Role, str]]:
        """Role and words of each run that the figure shows."""
        return overlay_legend(self.runs, self.metric, figure)

    def to_json(self) -> dict[str, Any]:
        """All of it for another program: every metric that at least one run has."""
        ids = [run.id for run in self.runs]
        return {
            "runs": ids,
            "reference": ids[self.reference],
            "metric": self.metric,
            "shared": self.shared,
            "differences": {
                each.name: {
                    "values": dict(zip(ids, each.values, strict=True)),
                    "said": dict(zip(ids, each.cells, strict=True)),
                }
                for each in self.differences
            },
            "likeness": dict(zip(ids, self.likenesses, strict=True)),
            "metrics": {key: self._metric_json(key, ids) for key in self.metrics},
            "remarks": self.remarks,
        }

    def _metric_json(self, key: str, ids: Sequence[str]) -> Mapping[str, Any]:
        band = self.band_in(key)
        found = results(self.runs, self.reference, key, band)
        return {
            "direction": direction(self.runs, key) or None,
            "band": band.definition if band else None,
            "runs": {run: vars(result) for run, result in zip(ids, found, strict=True)},
        }


ACROSS: tuple[Axis, ...] = ("step", "epoch", "time")
"""What the curves may be drawn over."""
