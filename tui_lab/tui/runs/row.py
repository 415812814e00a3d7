"""A run as a row of the table of runs: every cell as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.view_models.divergence import diverged_at, diverged_words
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary


@dataclass(frozen=True)
class RunRow:
    """What the table says about one run."""

    id: str
    status: RunStatus
    readable: bool
    name: str
    """The run's name without what the age says already."""
    age: str
    step: str
    values: str
    """Hyperparameters that are not at their defaults."""
    error: str
    """What went wrong, or why the run can't be read."""
    train: str
    test: str
    norm: str


def run_row(run: RunSummary, experiment: Experiment | None, now: datetime) -> RunRow:
    """The row of a run; without its experiment every hyperparameter counts as chosen."""
    values = "  ".join(_chosen(run, experiment)) if run.readable else ""
    return RunRow(
        id=run.id,
        status=run.status,
        readable=run.readable,
        name=_name(run),
        age=age(run.created, now),
        step=f"{run.step:,}" if run.step else "",
        values=plain(values),
        error=plain(run.error or diverged_words(diverged_at(run.metrics))),
        train=_metric(run, "train/loss"),
        test=_metric(run, "test/loss"),
        norm=_metric(run, "norm/w") or _metric(run, "norm/all"),
    )


def age(created: datetime, now: datetime) -> str:
    """How long ago; not to the second, so that nothing is drawn again only because time passes."""
    seconds = max(0, int((now - created).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "now"


def _chosen(run: RunSummary, experiment: Experiment | None) -> Iterator[str]:
    labels = _symbols(experiment)
    for name, value in differing(run, experiment).items():
        yield f"{labels.get(name, name)} {_shown(experiment, name, value)}"
    if run.seed:
        yield f"seed {run.seed}"


def differing(run: RunSummary, experiment: Experiment | None) -> Mapping[str, Any]:
    return experiment.differing(run.hyperparameters) if experiment else run.hyperparameters


def _symbols(experiment: Experiment | None) -> Mapping[str, str]:
    known = experiment.hyperparameters if experiment is not None else ()
    return {h.name: h.symbol or h.name for h in known}


def _shown(experiment: Experiment | None, name: str, value: Any) -> str:
    """The value as a person types it; as it stands in the file where it is no longer valid."""
    if experiment is None:
        return typed(value)
    try:
        hyperparameter = experiment[name]
        return hyperparameter.format(hyperparameter.check(value))
    except HyperparameterError:
        return typed(value)


def typed(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _metric(run: RunSummary, key: str) -> str:
    return short(run.metrics[key]) if key in run.metrics else ""


def _name(run: RunSummary) -> str:
    """`weight-decay 7f3a`."""
    experiment, _, _, unique = run.id.rsplit("-", 3)
    return plain(f"{experiment} {unique}")
