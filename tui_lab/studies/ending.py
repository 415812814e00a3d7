"""When a study has to end before its trials do, and what is said of its best trial at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tui_lab.errors import RunUnreadable, TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.studies import reasons
from tui_lab.studies.asking import goals
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.reading import RunReading
from tui_lab.study import StudyRequest, Trial, TrialState

_MOST_FAILURES = 5
"""Trials in a row that failed, and did not merely diverge."""
_MOST_KEYS = 8
_MOST_NAMES = 3
"""Of runs in a sentence."""


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
        elif not (reasons.is_diverged(trial.reason) or reasons.is_by_hand(trial.reason)):
            self._row += 1
        if self._row >= _MOST_FAILURES:
            raise StudyFailed(
                f"{self._row} trials in a row failed, and no more are tried; the last one, "
                f"{trial.runs[-1] if trial.runs else trial.number}: {trial.reason}"
            )


def lacking(reading: RunReading, goal: str, experiment: Experiment) -> str:
    """That a run ended without measuring the goal, and what it measured that may be one."""
    measured = reading.ended.metrics if reading.ended else {}
    keys = [metric.key for metric in goals(experiment) if metric.key in measured]
    said = f"{reading.id} ended without measuring {goal}"
    if not keys:
        return f"{said}, or anything else that may be a goal."
    listed = ", ".join(keys[:_MOST_KEYS]) + (", …" if len(keys) > _MOST_KEYS else "")
    return f"{said}; it measured {listed}. Give one of these as --goal."


def going_on(runs: Sequence[RunDirectory]) -> str:
    """Which runs of a study that was to end go on all the same, and where; empty for none."""
    if not runs:
        return ""
    places = sorted(set(map(_place, runs)))
    names = ", ".join(run.id for run in runs[:_MOST_NAMES])
    more = f" and {len(runs) - _MOST_NAMES:,} more" if len(runs) > _MOST_NAMES else ""
    verb = "goes" if len(runs) == 1 else "go"
    return f"{names}{more} still {verb} on, on {', '.join(places)}."


def _place(run: RunDirectory) -> str:
    try:
        return run.status_record().host or host_name()
    except RunUnreadable:
        return host_name()


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
