"""The experiments at hand: installed, or from a file of the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tui_lab.errors import ExperimentError, ExperimentNotFound
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment, load_experiments


class ExperimentShelf:
    """Every experiment by its name; where an own one has the name of an installed one, that stands
    back.

    `own` are pairs of a declaration and the file it came from. The file that a run's directory
    names is never run: a directory may come from anyone.
    """

    def __init__(self, own: Iterable[tuple[Experiment, Path]] = ()) -> None:
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
            raise ExperimentNotFound(
                f"There is no experiment {name!r} here; if a file of yours declares it, open the "
                "lab with that: tui-lab FILE.py."
            ) from None

    def file(self, name: str) -> str:
        """The file that an experiment came from; empty for an installed one."""
        return str(self._own[name][1]) if name in self._own else ""
