"""What a run of a trial is asked to be."""

from __future__ import annotations

from tui_lab.experiment import Experiment
from tui_lab.run import RunRequest
from tui_lab.study import StudyRequest, Trial
from tui_lab.versions import current_versions


def request_of_run(
    study: StudyRequest,
    study_id: str,
    experiment: Experiment,
    trial: Trial,
    place: int,
    device: str = "",
) -> RunRequest:
    """The request of the run of a trial with the seed at that place; raises `HyperparameterError`
    for values that make no sense together."""
    chosen = experiment.choose({**study.hyperparameters, **trial.values})
    return RunRequest(
        experiment=study.experiment,
        program=study.program,
        hyperparameters=experiment.to_json(chosen),
        seed=study.seed + place,
        device=device or study.device,
        threads=study.threads,
        plugin=study.plugin,
        sha256=study.sha256,
        declaration=study.declaration,
        data=study.data,
        study=study_id,
        trial=trial.number,
        versions=current_versions(),
    )
