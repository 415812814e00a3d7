"""The experiments at hand: installed, or from a file of the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui_lab.errors import ExperimentError, ExperimentNotFound, RunError
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment, load_experiments
from tui_lab.run import only_looked_at

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary
    from tui_lab.worker.own_file import OwnFile


class ExperimentShelf:
    """Every experiment by its name; where an own one has the name of an installed one, that stands
    back.

    A run is of one of these by its file and that file's text, not by a name alone. The file that a
    run's directory names is never run: a directory may come from anyone.
    """

    def __init__(self, own: Iterable[OwnFile] = ()) -> None:
        self._own = {(declared := file.experiment).name: (declared, file) for file in own}

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

    def file(self, experiment: Experiment) -> OwnFile | None:
        """The file that an experiment of this shelf came from, as it is now; None for an installed
        one. Raises `ExperimentError` where the file is gone."""
        declared, file = self._own.get(experiment.name, (None, None))
        if declared is not experiment or file is None:
            return None
        from tui_lab.worker.own_file import file_digest  # few have a file of their own

        file = replace(file, sha256=file_digest(file.path))
        self._own[experiment.name] = declared, file
        return file

    def of_request(self, experiment: Experiment) -> Mapping[str, Any]:
        """What a request says of the file that an experiment came from, if it came from one; raises
        `ExperimentError` where that is gone."""
        file = self.file(experiment)
        return file.of_request if file else {}

    def has(self, run: RunSummary) -> bool:
        """Whether the run is of what has its experiment's name here."""
        _, file = self._own.get(run.experiment, (None, None))
        if not run.plugin or file is None:
            return not run.plugin and run.declared is None and file is None
        same_text = not run.sha256 or file.sha256 == run.sha256
        return same_text and run.plugin in (str(file.path), file.known_as)

    def require(self, run: RunSummary, change: str, kept: str) -> None:
        """Raises `RunError`, with what can be done, for a run of something else: only what is
        installed, or was opened here, is run. `change` is what became of its file since, `kept` its
        own copy of that."""
        if run.imported:
            raise RunError(only_looked_at(run.id, run.imported))
        if self.has(run):
            return
        if not run.plugin:
            raise RunError(f"{run.id} is of the installed {run.experiment}; open the lab on that.")
        if change:
            raise RunError(
                f"{run.plugin} {change}; as {run.id} was made of it: "
                f"tui-lab attach {run.id} {kept}."
            )
        raise RunError(
            f"{run.id} is a run of {run.plugin}; open the lab on that file: "
            f"tui-lab attach {run.id} {run.plugin}."
        )
