"""An experiment that judges itself on a validation set, and studies of it with trials made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui_lab.experiment import Curve, Experiment, Metric
from tui_lab.hyperparameters import Choice, Flag, Float, Int, Vector
from tui_lab.ranges import Range
from tui_lab.study import StudyRequest, Trial, TrialState

JUDGED = Experiment(
    name="judged",
    title="A judged one",
    chapter="Basics",
    summary="Points, and others to judge by.",
    hyperparameters=(
        Choice("optimizer", ("sgd", "adam"), help="What takes the steps."),
        Float("weight_decay", symbol="λ", default=3.0, low=0.0, high=100.0, help="Shrinks w."),
        Float("lr", default=0.01, low=1e-6, high=10.0, log=True, help="Length of a step."),
        Int("hidden", default=64, low=1, high=1024, log=True, help="Units."),
        Flag("bias", default=True),
        Vector("widths", default=(8.0,), low=1.0, high=99.0),
    ),
    metrics=(
        Metric("train/loss", "On the training set.", "minimize"),
        Metric("val/loss", "On the validation set.", "minimize"),
        Metric("val/accuracy", "The part that is right.", "maximize"),
        Metric("test/loss", "On the test set.", "minimize"),
    ),
    pictures=(Curve("loss", ("train/loss", "val/loss"), log=True),),
    program="judged.program:Judged",
)


def asked(*words: str, **changes: Any) -> StudyRequest:
    """A study over these ranges, as they are typed."""
    words = words or ("lr=log:1e-4..1", "weight_decay=0,1,3,10")
    fields: dict[str, Any] = {
        "experiment": JUDGED.name,
        "program": JUDGED.program,
        "hyperparameters": {},
        "ranges": tuple(Range.parse(JUDGED, word) for word in words),
        "goal": "val/loss",
        "direction": "minimize",
        "trials": 40,
    }
    return StudyRequest(**{**fields, **changes})


def trial(
    number: int,
    goal: float | None = None,
    values: Mapping[str, Any] | None = None,
    state: TrialState | None = None,
    **fields: Any,
) -> Trial:
    """A trial: complete with its goal, running without one, unless it is told otherwise."""
    state = state or (TrialState.RUNNING if goal is None else TrialState.COMPLETE)
    known: dict[str, Any] = {
        "number": number,
        "values": {"lr": 0.01, "weight_decay": 3.0} if values is None else dict(values),
        "runs": (f"judged-20261120-120000-{number:04x}",),
        "state": state,
        "goal": goal if state is TrialState.COMPLETE else None,
    }
    return Trial(**{**known, **fields})
