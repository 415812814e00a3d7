"""From an experiment, values and ranges to what a study is asked to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tui_lab.errors import HyperparameterError, UsageError
from tui_lab.experiment import Experiment, Metric
from tui_lab.ranges import Range
from tui_lab.studies.executors import check_place, usual_slots
from tui_lab.studies.grid import grid_size
from tui_lab.study import FEWEST_PRUNED, MOST_TRIALS, SamplerName, StudyRequest
from tui_lab.versions import current_versions

_TRIALS = 20
"""Of a study that is not a grid, where nobody says."""
_FALLING, _RISING = ("loss", "error", "perplexity"), ("accuracy", "score", "precision", "recall")
_MOST_POINTS = 100_000
_AS_GIVEN = ("seeds", "seed", "prune", "on", "device", "data")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked of a study beside its values, as `StudyRequest` has it; None: the usual."""

    trials: int | None = None
    goal: str = ""
    seeds: int = 1
    seed: int = 0
    sampler: SamplerName | None = None
    prune: bool = False
    slots: int | None = None
    on: str = ""
    device: str = "auto"
    threads: int = 0
    data: str = ""


def ask_study(
    experiment: Experiment,
    values: Mapping[str, object],
    ranges: Sequence[Range],
    options: Options,
    of_file: Mapping[str, Any] | None = None,
) -> StudyRequest:
    """The request of a study with these `values` for what has no range; `of_file` is what a run's
    request says of a person's own file. Raises `TuiLabError`, `HyperparameterError` at a knob."""
    check_place(options.on)
    goal = goal_of(experiment, options.goal)
    fixed = _fixed(experiment, values, ranges)
    sampler = options.sampler or "tpe"
    trials = _count(options.trials, ranges, grid_size(ranges), sampler)
    at_once = options.slots or usual_slots(options.device, options.on)
    return StudyRequest(
        experiment=experiment.name,
        program=experiment.program,
        hyperparameters=fixed,
        ranges=tuple(ranges),
        goal=goal.key,
        direction=direction_of(goal),
        trials=trials,
        sampler=sampler,
        slots=min(at_once, trials * options.seeds),
        threads=options.threads or int(at_once > 1),
        versions=_versions(),
        **{name: getattr(options, name) for name in _AS_GIVEN},
        **(of_file or {}),
    )


def remarks(request: StudyRequest, experiment: Experiment) -> Iterator[str]:
    """What should be said of a study before it begins, in sentences."""
    if request.goal.startswith("test/"):
        yield (
            f"{experiment.name} has no validation metric: {request.goal} decides, so that what it "
            "is for the best trial says little of how that does on new data."
        )
    elif not request.goal.startswith("val/"):
        yield f"{experiment.name} has no validation metric: {request.goal} decides."
    if request.prune and request.trials < FEWEST_PRUNED:
        yield f"Of fewer than {FEWEST_PRUNED} trials none is pruned."


def goals(experiment: Experiment) -> Sequence[Metric]:
    """The metrics that a study may be for, the usual one first: those on validation data, where the
    experiment has any."""
    metrics = [metric for metric in experiment.metrics if _direction(metric)]
    of_validation = [metric for metric in metrics if metric.key.startswith("val/")]
    others = [metric for metric in metrics if metric.key.startswith("test/")]
    others += [metric for metric in metrics if metric not in others]
    return sorted(of_validation or others, key=lambda metric: not metric.key.endswith("/loss"))


def goal_of(experiment: Experiment, key: str = "") -> Metric:
    """The goal of that name, or the usual one; raises `UsageError`."""
    if experiment.demonstration:
        raise UsageError(f"{experiment.name} trains nothing, so there is no goal to look for.")
    allowed = goals(experiment)
    found = [metric for metric in allowed if metric.key == key or not key]
    if found:
        return found[0]
    listed = ", ".join(metric.key for metric in allowed)
    declared = next((metric for metric in experiment.metrics if metric.key == key), None)
    if not allowed:
        raise UsageError(
            f"{experiment.name} declares no metric with a direction; give one of them "
            'direction="minimize" or "maximize" in its Metric.'
        )
    if declared is None:
        raise UsageError(f"{experiment.name} has no metric {key!r}; a goal may be {listed}.")
    if allowed[0].key.startswith("val/"):
        why = "is not on validation data"
        if key.startswith("test/"):
            why = "is for the end: what is chosen by it, it can't judge"
        raise UsageError(f"{key} {why}; a goal may be {listed}.")
    raise UsageError(f'{key} has no direction="minimize" or "maximize"; a goal may be {listed}.')


def direction_of(metric: Metric) -> Literal["minimize", "maximize"]:
    """Whether less or more of it is better."""
    return _direction(metric) or "minimize"


def _direction(metric: Metric) -> Literal["minimize", "maximize"] | None:
    if metric.direction or "/" not in metric.key:
        return metric.direction
    if metric.key.startswith(("train/", "val/", "test/")):
        if metric.key.endswith(_FALLING):
            return "minimize"
        if metric.key.endswith(_RISING):
            return "maximize"
    return None


def _fixed(
    experiment: Experiment, values: Mapping[str, object], ranges: Sequence[Range]
) -> dict[str, Any]:
    """The values in their JSON form, each one checked: together they are, trial by trial."""
    if not ranges:
        first = experiment.hyperparameters[0].name
        named = next((h.name for h in experiment.hyperparameters if h.name == "lr"), first)
        raise UsageError(
            f"A study needs a range to look in, such as {named}=0.001..0.1, or values with commas "
            "between them."
        )
    names = [each.name for each in ranges]
    for name in names:
        if names.count(name) > 1 or name in values:
            raise HyperparameterError(name, f"{name} is given twice.")
    usual = {name: value for name, value in experiment.study.items() if name not in names}
    fixed = {name: experiment[name].check(value) for name, value in {**usual, **values}.items()}
    return experiment.to_json(fixed)


def _count(
    trials: int | None, ranges: Sequence[Range], size: int | None, sampler: SamplerName
) -> int:
    if sampler != "grid":
        return min(trials or _TRIALS, MOST_TRIALS if size is None else size)
    if size is None:
        endless = next(each for each in ranges if each.size is None)
        raise HyperparameterError(
            endless.name,
            f"A grid needs single values of {endless.name}: end its range with how many, as in "
            f"{endless}:5, or give them with commas between them.",
        )
    if size > _MOST_POINTS:
        raise UsageError(f"This grid has {size:,} points, of at most {_MOST_POINTS:,}.")
    return min(trials or size, size)


def _versions() -> dict[str, str]:
    from importlib.metadata import version  # 10 ms, when a study starts

    return {**current_versions(), "optuna": version("optuna")}
