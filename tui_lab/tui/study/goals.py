"""By which metrics the trials of a study may be compared."""

from __future__ import annotations

from collections.abc import Sequence

from tui_lab.experiment import Experiment

_VALIDATION, _TRAINING, _TEST = "val/", "train/", "test/"


def goals(experiment: Experiment) -> Sequence[str]:
    """The keys to choose from: of the validation set where there is one, else of the test set; then
    of the training set."""
    keys = [metric.key for metric in experiment.metrics if metric.direction]
    judged = [key for key in keys if key.startswith(_VALIDATION)]
    judged = judged or [key for key in keys if key.startswith(_TEST)]
    return [*judged, *(key for key in keys if key.startswith(_TRAINING))]
