"""One of the runs that are compared: what was asked for, and its log as far as it is folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tui_lab.experiment import Experiment
from tui_lab.view_models.change import written
from tui_lab.view_models.measurements import Kind
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.run import RunView
from tui_lab.view_models.series import Series

ENOUGH = 20
"""Evaluations from which on they say more of a run's course than its single steps."""


class RunFacts(Protocol):
    """What the list of runs knows of one."""

    @property
    def id(self) -> str: ...
    @property
    def experiment(self) -> str: ...
    @property
    def hyperparameters(self) -> Mapping[str, Any]: ...
    @property
    def seed(self) -> int: ...
    @property
    def device(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def parent(self) -> str: ...
    @property
    def imported(self) -> str: ...
    @property
    def parent_step(self) -> int: ...


@dataclass(frozen=True)
class ComparedRun:
    """A run under a short name that no other of the comparison has."""

    name: str
    facts: RunFacts
    view: RunView
    live: bool = False
    """Whether its log may grow."""
    error: str = ""
    """Why its log can't be read, if it can't."""

    @property
    def id(self) -> str:
        return self.facts.id

    @property
    def experiment(self) -> Experiment | None:
        """Its declaration; None where that is not known any more."""
        return self.view.watched.experiment or self.view.experiment

    @property
    def values(self) -> Mapping[str, Any]:
        """The hyperparameters it began with, in their JSON form."""
        return {**self.facts.hyperparameters, **self.view.watched.values}

    @property
    def device(self) -> str:
        """What it runs on, once it runs; before, what was asked for."""
        return self.view.started.device if self.view.started else self.facts.device

    @property
    def threads(self) -> int | None:
        """Of torch; None before it runs, and of what was imported."""
        return (self.view.started.threads or None) if self.view.started else None

    @property
    def seed(self) -> int | None:
        """None of what was imported: nobody knows it."""
        return None if self.facts.imported else self.facts.seed

    @property
    def versions(self) -> Mapping[str, Any]:
        """What it was made with, as far as its log says."""
        request = self.view.started.request if self.view.started else {}
        found = request.get("versions")
        return found if isinstance(found, Mapping) else {}

    def text(self, name: str, value: Any) -> str:
        """A hyperparameter's value as a person writes it."""
        if self.experiment is None:
            return plain(value)
        return written(self.experiment, name, value)

    def series(self, key: str, kind: Kind) -> Series | None:
        """The points of a metric of that kind; None where there are none."""
        found = self.view.series.get((kind, key))
        return found if found is not None and len(found) else None

    def kind(self, key: str) -> Kind:
        """Which points of a metric tell most: its evaluations over whole sets where there are
        enough of them, or no others; else its steps."""
        evaluations, steps = self.series(key, "epoch"), self.series(key, "step")
        if steps is None:
            return "epoch"
        return "epoch" if evaluations is not None and len(evaluations) >= ENOUGH else "step"


def short_names(runs: Sequence[RunFacts]) -> list[str]:
    """For each run the shortest name that tells it from the others: `7f3a`, `mlp 7f3a`, all."""
    several = len({run.experiment for run in runs}) > 1
    ends = [run.id.rsplit("-", 1)[-1] for run in runs]
    if several:
        ends = [f"{run.experiment} {end}" for run, end in zip(runs, ends, strict=True)]
    taken = Counter(ends)
    return [plain(end if taken[end] == 1 else run.id) for run, end in zip(runs, ends, strict=True)]
