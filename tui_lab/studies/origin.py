"""The experiment that a study is of."""

from __future__ import annotations

from pathlib import Path

from tui_lab.errors import ExperimentError
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment
from tui_lab.study import StudyRequest
from tui_lab.worker.own_file import constrained, read_own_file


def experiment_of(request: StudyRequest) -> Experiment:
    """The experiment with its constraint, for who is going to run it; raises `ExperimentError`,
    also where a person's own file is not what it was when the study was begun."""
    if not request.plugin:
        return load_experiment(request.experiment)
    own = read_own_file(Path(request.plugin))
    if own.sha256 != request.sha256:
        raise ExperimentError(
            f"{request.plugin} was edited since the study was begun; put it back as it was, or "
            "begin a new study."
        )
    return constrained(own)
