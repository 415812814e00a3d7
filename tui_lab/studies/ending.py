"""When a study has to end before its trials do, and what is said of its best trial at the end."""

from __future__ import annotations

from collections import Counter

from tui_lab.errors import RunUnreadable, TuiLabError
from tui_lab.runs.directory import RunDirectory
from tui_lab.studies import reasons
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.reading import RunReading
from tui_lab.study import StudyRequest, Trial, TrialState

_MOST_FAILURES = 5
"""Trials in a row that failed, and did not merely diverge."""
_MOST_KEYS = 8


class StudyFailed(TuiLabError):
    """A study can't go on, whatever values it tries."""


class Failures:
    """Trials that failed one after the other: values are not to blame any more."""

    def __init__(self) -> None:
        self._row = 0

    def count(self, trial: Trial) -> None:
        """Take a trial's end in; raises `StudyFailed` once there are too many."""
        if trial.state is not TrialState.FAIL:
            self._row = 0
        elif not reasons.is_diverged(trial.reason):
            self._row += 1
        if self._row >= _MOST_FAILURES:
            raise StudyFailed(
                f"{self._row} trials in a row failed, and no more are tried; the last one, "
                f"{trial.runs[-1] if trial.runs else trial.number}: {trial.reason}"
            )


def lacking(reading: RunReading, goal: str) -> str:
    """That a run ended without measuring the goal, and what it measured."""
    keys = sorted(reading.ended.metrics) if reading.ended else []
    measured = ", ".join(keys[:_MOST_KEYS]) + (", …" if len(keys) > _MOST_KEYS else "")
    return (
        f"{reading.id} ended without measuring {goal}; it measured {measured or 'nothing'}. "
        "Give one of these as --goal."
    )


def tested(study: StudyDirectory, request: StudyRequest, best: Trial) -> dict[str, float]:
    """The test metrics of the best trial, their mean over its seeds: looked at once, at the end."""
    sums, runs = Counter[str](), Counter[str]()
    for run_id in best.runs:
        reading = RunReading(RunDirectory(study.runs / run_id), request.goal, seed=0, created="")
        try:
            reading.read()
        except RunUnreadable:  # deleted meanwhile
            continue
        for key, value in reading.test_metrics.items():
            sums[key] += value  # type: ignore[assignment]
            runs[key] += 1
    return {key: sums[key] / runs[key] for key in runs}
