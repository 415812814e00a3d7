"""The experiments at hand: installed, from a file of the user's own, or from the file of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui_lab.errors import ExperimentError, ExperimentNotFound
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment, load_experiment_file, load_experiments

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import Catalogue


class ExperimentShelf:
    """Every experiment by its name; where an own one has the name of an installed one, that stands
    back.

    `runs` gives the catalogue, in which one that is not installed is looked for; `own` are pairs
    of a declaration and the file it came from.
    """

    def __init__(
        self, runs: Callable[[], Catalogue], own: Iterable[tuple[Experiment, Path]] = ()
    ) -> None:
        self._runs = runs
        self._own = {experiment.name: (experiment, path) for experiment, path in own}

    def all(self) -> Sequence[Experiment | ExperimentError]:
        """The own ones, then the installed ones in the order of names; a broken one comes as its
        error."""
        installed = [e for e in load_experiments() if getattr(e, "name", "") not in self._own]
        return [*(experiment for experiment, _ in self._own.values()), *installed]

    def __getitem__(self, name: str) -> Experiment:
        """One experiment; raises `ExperimentNotFound` or `ExperimentError`."""
        if name in self._own:
            return self._own[name][0]
        try:
            return load_experiment(name)
        except ExperimentNotFound:
            self._own[name] = self._from_a_run(name)
            return self._own[name][0]

    def file(self, name: str) -> str:
        """The file that an experiment came from; empty for an installed one."""
        return str(self._own[name][1]) if name in self._own else ""

    def _from_a_run(self, name: str) -> tuple[Experiment, Path]:
        """An experiment that is not installed, from the file that the newest run of it names."""
        runs = self._runs()
        for run in runs.of(name):
            plugin = runs.find(run.id).request().plugin if run.readable else ""
            if plugin:
                return load_experiment_file(Path(plugin)), Path(plugin)
        raise ExperimentNotFound(f"There is no experiment {name!r} any more; its runs stay.")
