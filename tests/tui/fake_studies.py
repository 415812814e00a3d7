"""The studies of a session without coordinators: what a test put there, every request written
down."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tui_lab.errors import RunNotFound, TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Value
from tui_lab.ranges import Range
from tui_lab.study import StudyRequest, StudyState, StudySummary, Trial


class FakeStudies:
    """A `Studies`, and the source of each; `calls` lists what was asked of it."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.error: TuiLabError | None = None
        """What starting, stopping and going on end with."""
        self.refused: TuiLabError | None = None
        """What a form is answered with."""
        self.shares: Mapping[str, float] = {}
        self._studies: dict[str, tuple[StudyRequest, StudySummary]] = {}
        self._trials: dict[str, list[Trial]] = {}

    def put(self, request: StudyRequest, summary: StudySummary, *trials: Trial) -> None:
        """Add a study or replace it, and add these trials to it."""
        self._studies[summary.id] = (request, summary)
        self._trials.setdefault(summary.id, []).extend(trials)

    def listed(self) -> Sequence[StudySummary]:
        if self.error is not None:
            raise self.error
        found = [summary for _, summary in self._studies.values()]
        return sorted(found, key=lambda summary: summary.created, reverse=True)

    def request(self, study_id: str) -> StudyRequest:
        self.summary(study_id)
        return self._studies[study_id][0]

    def summary(self, study_id: str) -> StudySummary:
        if study_id not in self._studies:
            raise RunNotFound(f"There is no study {study_id!r}.")
        return self._studies[study_id][1]

    def follow(self, study_id: str) -> FakeStudySource:
        self.summary(study_id)
        return FakeStudySource(self, study_id, self._trials[study_id])

    def goals(self, experiment: Experiment) -> Sequence[str]:
        keys = [metric.key for metric in experiment.metrics if metric.direction]
        return [key for key in keys if key.startswith("val/")] or keys

    def asked(
        self,
        experiment: Experiment,
        values: Mapping[str, Value],
        ranges: Sequence[Range],
        **options: Any,
    ) -> StudyRequest:
        if self.refused is not None:
            raise self.refused
        fields: dict[str, Any] = {"trials": 20, "goal": "val/loss", "slots": 2, **options}
        written = {name: experiment[name].to_json(value) for name, value in values.items()}
        return StudyRequest(
            experiment=experiment.name,
            program=experiment.program,
            hyperparameters=written,
            ranges=tuple(ranges),
            direction="minimize",
            **fields,
        )

    def start(self, request: StudyRequest) -> str:
        self.calls.append(("start", request))
        if self.error is not None:
            raise self.error
        started = study_summary(request, number=len(self._studies) + 1)
        self.put(request, started)
        return started.id

    async def stop(self, study_id: str) -> None:
        self._move(study_id, "stop", StudyState.STOPPED)

    async def resume(self, study_id: str) -> None:
        self._move(study_id, "resume", StudyState.RUNNING)

    def _move(self, study_id: str, call: str, state: StudyState) -> None:
        self.calls.append((call, study_id))
        if self.error is not None:
            raise self.error
        request, summary = self._studies[study_id]
        self._studies[study_id] = request, dataclasses.replace(summary, state=state)

    async def importance(self, study_id: str) -> Mapping[str, float]:
        self.calls.append(("importance", study_id))
        return self.shares


class FakeStudySource:
    """Gives the trials that were added since the last look."""

    def __init__(self, studies: FakeStudies, study_id: str, trials: list[Trial]) -> None:
        self._studies, self._id, self._trials = studies, study_id, trials
        self._place = 0

    async def read(self) -> tuple[StudySummary, Sequence[Trial]]:
        new = self._trials[self._place :]
        self._place = len(self._trials)
        return self._studies.summary(self._id), new


def study_summary(request: StudyRequest, number: int = 1, **fields: Any) -> StudySummary:
    """A study's row; a greater `number` is a newer study."""
    known: dict[str, Any] = {
        "id": f"{request.experiment}-20261120-12{number:02d}00-{number:04x}",
        "experiment": request.experiment,
        "state": StudyState.RUNNING,
        "created": datetime(2026, 11, 20, 12, number, tzinfo=UTC),
        "trials": request.trials,
    }
    return StudySummary(**{**known, **fields})
