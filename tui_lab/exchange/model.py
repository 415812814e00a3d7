"""What a run trained, as a file of weights: what was kept last, or what was best by its metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui_lab.errors import RunError, UsageError
from tui_lab.exchange.formats import Which
from tui_lab.exchange.pictures import view_of
from tui_lab.experiment import Metric
from tui_lab.runs.checkpoints import read_manifest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.model import kept_models
from tui_lab.view_models.number_format import short
from tui_lab.view_models.run import RunView
from tui_lab.worker.weights_process import write_weights

_FIRST = ("val/", "test/", "")
"""Beginnings of metrics, those first by which a model is chosen rather."""


@dataclass(frozen=True)
class _Chosen:
    step: int
    why: str = ""


def export_model(directory: RunDirectory, to: Path, which: Which, *, named: bool = False) -> str:
    """Write the weights that a run kept last, or of those that it kept the best, and say what they
    are. `named` says that a person has named the file that the run was made of: it is run. Raises
    `RunError` where nothing was kept, or `to` can't be written, `UsageError` where it makes no
    sense."""
    request = directory.request()
    if request.plugin and not named:
        raise UsageError(
            f"{directory.id} was made from a file, {request.plugin}, which is not run unasked; "
            f"tui-lab export {directory.id} FILE.py --to {to.name} names it."
        )
    script = request.script is not None
    chosen = _of_script(directory, which) if script else _of_run(directory, which)
    count = write_weights(directory, chosen.step, to)
    tensors = f"{count:,} tensor{'s' * (count != 1)}"
    return f"Wrote {to}: {tensors} as they were after step {chosen.step:,}{chosen.why}."


def _of_script(directory: RunDirectory, which: Which) -> _Chosen:
    kept = kept_models(directory)
    if not kept:
        raise RunError(f"No model of {directory.id} was kept: S keeps one while a script trains.")
    if which == "best":
        return _best(view_of(directory), sorted(kept), directory.id)
    return _Chosen(max(kept))


def _of_run(directory: RunDirectory, which: Which) -> _Chosen:
    view = view_of(directory)
    experiment = view.experiment
    if experiment is not None and experiment.demonstration:
        raise UsageError(f"{directory.id} is a demonstration: it trains nothing.")
    steps = [record.step for record in read_manifest(directory.path) if record.step <= view.step]
    if not steps:
        raise RunError(f"No state of {directory.id} was kept: there are no weights to write.")
    if which == "best":
        return _best(view, steps, directory.id)
    return _Chosen(max(steps))


def _best(view: RunView, steps: Sequence[int], run_id: str) -> _Chosen:
    """The step after which a metric that says which way is better was best, of those given."""
    for metric in _judges(view):
        values = {
            step: value for step, value in _measured(view, metric.key).items() if step in steps
        }
        finite = {step: value for step, value in values.items() if value == value}
        if finite:
            best = max if metric.direction == "maximize" else min
            step = best(finite, key=finite.__getitem__)
            how = "highest" if metric.direction == "maximize" else "lowest"
            said = f", the {how} {metric.key} of {len(finite):,} kept ({short(finite[step])})"
            return _Chosen(step, said)
    raise RunError(
        f"Which of the states of {run_id} is best is not known: none was kept at a step at which a "
        "metric was measured that says which way is better; --which last is the newest."
    )


def _judges(view: RunView) -> list[Metric]:
    declared = view.experiment.metrics if view.experiment is not None else ()
    judging = [metric for metric in declared if metric.direction is not None]
    return sorted(judging, key=lambda metric: _rank(metric.key))


def _rank(key: str) -> int:
    return next(place for place, first in enumerate(_FIRST) if key.startswith(first))


def _measured(view: RunView, key: str) -> Mapping[int, float]:
    """The values of a metric by their steps: of whole sets, else of batches."""
    series = view.series.get(("epoch", key)) or view.series.get(("step", key))
    if series is None:
        return {}
    return dict(zip(series.steps.astype(int).tolist(), series.values.tolist(), strict=True))
