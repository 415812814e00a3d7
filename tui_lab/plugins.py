"""Experiments by name: built in, or installed by others.

A built-in one is a folder of `tui_lab.experiments`, one of others' an entry point of that group.
Loading one never imports another, and a broken one is an error about that one alone.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterator, Mapping
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING

from tui_lab import experiments
from tui_lab.errors import ExperimentError, ExperimentNotFound, TuiLabError
from tui_lab.experiment import Experiment

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from tui_lab.run import RunRequest
    from tui_lab.runs.summary import RunSummary
    from tui_lab.study import StudyRequest

GROUP = "tui_lab.experiments"
"""The entry-point group, and the package of those built in."""


def experiment_names() -> list[str]:
    """Names of all installed experiments, sorted; nothing is imported."""
    return sorted({*_built_in(), *_entries()})


def load_experiment(name: str) -> Experiment:
    """The declaration called `name`; raises `ExperimentNotFound` or `ExperimentError`."""
    load = _loader(name)
    try:
        loaded = load()
    except (Exception, SystemExit) as error:  # someone else's code: whatever it raises is told
        raise ExperimentError(f"The experiment {name} can't be loaded: {error!r}.") from error
    experiment = _checked(loaded, name)
    if experiment.name != name:
        raise ExperimentError(
            f"The experiment {name} declares itself as {experiment.name}; its entry point has to "
            "have that name."
        )
    return experiment


def load_experiments() -> Iterator[Experiment | ExperimentError]:
    """Every installed experiment in the order of names; a broken one comes as its error."""
    for name in experiment_names():
        try:
            yield load_experiment(name)
        except ExperimentError as error:
            yield error


def declared_in(module: ModuleType, name: str) -> Experiment:
    """The `EXPERIMENT` declared in a person's own module; raises `ExperimentError`."""
    return _checked(getattr(module, "EXPERIMENT", None), name)


def declared_by(run: RunRequest | RunSummary | StudyRequest) -> Experiment | None:
    """The experiment a run was made of: what it says itself, else the installed one. None where
    that is gone or was not kept: what a run's directory names is not run by who only reads it."""
    if run.plugin or run.declared is not None:
        return run.declared
    try:
        return load_experiment(run.experiment)
    except TuiLabError:
        return None


def _loader(name: str) -> Callable[[], object]:
    """What gives the declaration called `name`; a name built in is not asked of anyone else."""
    if module := _built_in().get(name):
        return lambda: getattr(importlib.import_module(module), "EXPERIMENT", None)
    if entry := _entries().get(name):
        return entry.load
    raise ExperimentNotFound(_not_found(name, experiment_names()))


def _built_in() -> dict[str, str]:
    """Module names by the names of experiments."""
    packages = [module.name for module in iter_modules(experiments.__path__) if module.ispkg]
    return {package.replace("_", "-"): f"{GROUP}.{package}" for package in packages}


def _entries() -> Mapping[str, EntryPoint]:
    from importlib.metadata import entry_points  # 10 ms that a built-in one does not cost

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _checked(loaded: object, name: str) -> Experiment:
    if not isinstance(loaded, Experiment):
        raise ExperimentError(f"{name} does not declare EXPERIMENT = Experiment(...).")
    return loaded


def _not_found(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}."
    return f"There is no experiment {name!r}; {hint}"
