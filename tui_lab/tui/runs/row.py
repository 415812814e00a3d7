"""A run as a row of the table of runs: every cell as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.view_models.annotated import written_on
from tui_lab.view_models.card import typed
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.steered import steered

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

USUAL = ("age", "train/loss", "test/loss", "norm", "step")
"""The columns that a person may choose, as long as they have not."""
OWN = ("tags", "note", "study", "trial", "parent", "device")
"""Columns of what a run has beside its hyperparameters and metrics."""
_COUNTS = ("step", "epoch", "seed")
_NORMS = ("norm/w", "norm/all")
_LONG = 10
"""Characters of a number that is shortened when it has more."""
_ELSEWHERE = (*_COUNTS, "norm")
"""Columns that no metric of that name fills."""


@dataclass(frozen=True)
class RunRow:
    """What the table says about one run."""

    id: str
    status: RunStatus
    readable: bool
    name: str
    """The run's name without what the age says already."""
    age: str
    values: str
    """What a person wrote on the run, hyperparameters that are not at their defaults, and what was
    done to the run on its way."""
    error: str
    """What went wrong, or why the run can't be read."""
    cells: Mapping[str, str]
    """What stands in the columns that a person may choose, by their key."""


@dataclass(frozen=True)
class Heading:
    """What the table says above a group of runs."""

    id: str
    words: str


def run_row(
    run: RunSummary,
    experiment: Experiment | None,
    now: datetime,
    columns: Sequence[str] = USUAL,
) -> RunRow:
    """The row of a run; without its experiment every hyperparameter counts as chosen."""
    told = (*written_on(run), *_origin(run), *_chosen(run, experiment), *steered(run, experiment))
    values = told if run.readable else ()
    return RunRow(
        id=run.id,
        status=run.status,
        readable=run.readable,
        name=_name(run),
        age=age(run.created, now),
        values=plain("  ".join(values)),
        error=plain(run.error),
        cells={key: _cell(run, experiment, key) for key in columns if key != "age"},
    )


def _origin(run: RunSummary) -> Iterator[str]:
    if run.imported:
        yield f"imported from {Path(run.imported).name}"
    if run.parent:
        yield f"from {run.parent[-4:]} at step {run.parent_step:,}"


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
        yield f"{labels.get(name, name)} {_told(experiment, name, value)}"
    if run.seed:
        yield f"seed {run.seed}"


def differing(run: RunSummary, experiment: Experiment | None) -> Mapping[str, Any]:
    return experiment.differing(run.hyperparameters) if experiment else run.hyperparameters


def _symbols(experiment: Experiment | None) -> Mapping[str, str]:
    known = experiment.hyperparameters if experiment is not None else ()
    return {h.name: h.symbol or h.name for h in known}


def figure(run: RunSummary, key: str) -> Any:
    """What a column shows of a run, as it is: a metric, a hyperparameter's last value, or something
    else that it has; None where the run has no such thing."""
    if key in run.metrics and key not in _ELSEWHERE:  # first, for that is asked of thousands
        return run.metrics[key]
    if key in _COUNTS:
        return getattr(run, key)
    if key in OWN and not (key in run.metrics or key in run.hyperparameters):
        return _own(run, key)
    for name in _NORMS if key == "norm" else (key,):
        for values in (run.metrics, run.changed, run.hyperparameters):
            if name in values:
                return values[name]
    return None


def _own(run: RunSummary, key: str) -> Any:
    if key == "trial":
        return run.trial if run.trial >= 0 else None
    return getattr(run, key) or None


def _cell(run: RunSummary, experiment: Experiment | None, key: str) -> str:
    value = figure(run, key)
    if value is None or (key == "step" and not value):
        return ""
    if key in _COUNTS:
        return f"{value:,}"
    if key in run.metrics or key == "norm":
        return short(value)
    if isinstance(value, tuple):
        return plain(" ".join(map(str, value)))
    return plain(_told(experiment, key, value))


def _told(experiment: Experiment | None, name: str, value: Any) -> str:
    """A value as it is typed; of a long number, such as a study draws, as much as tells runs
    apart."""
    text = typed(experiment, name, value)
    return f"{value:.6g}" if isinstance(value, float) and len(text) > _LONG else text


def _name(run: RunSummary) -> str:
    """`weight-decay 7f3a`."""
    experiment, _, _, unique = run.id.rsplit("-", 3)
    return plain(f"{experiment} {unique}")
