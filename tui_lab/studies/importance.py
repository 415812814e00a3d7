"""How much each hyperparameter decides, by Optuna's own measure (PED-ANOVA: no further package)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tui_lab.studies.optuna_trials import frozen, quiet
from tui_lab.study import FEWEST_RANKED, StudyRequest, Trial, TrialState


def importance(request: StudyRequest, trials: Iterable[Trial]) -> Mapping[str, float]:
    """The share of each ranged hyperparameter in whether a complete trial is among the better ones,
    the greatest first; empty while there are too few, or none differs."""
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    if len(complete) < FEWEST_RANKED:
        return {}
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    with quiet():
        study = optuna.create_study(direction=request.direction)
        study.add_trials([known for each in complete if (known := frozen(each, request.ranges))])
        try:
            found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
        except (ValueError, RuntimeError):  # all alike, or too few left
            return {}
    return {name: float(share) for name, share in found.items()}
