"""Runs that really happened, as sessions for screens: nothing in them moves by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.tui.fakes import NOON, FakeSession, summary
from tui_lab.config import Settings
from tui_lab.events import MetricsLogged, RunEnded, RunEvent, RunFinished
from tui_lab.experiment import Experiment
from tui_lab.moment import moment, past_view
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.catalogue import RunSummary
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.index import LogIndex
from tui_lab.runs.tail import read_events
from tui_lab.view_models.run import RunView

DATA = Path(__file__).parent.parent / "data" / "recordings"
EXPERIMENTS = ("linear-regression", "weight-decay")


class Recorded:
    """One of the recordings, as far as its first events up to a step; all of it without one."""

    def __init__(self, name: str, number: int, until: int | None = None) -> None:
        request = json.loads((DATA / name / "run.json").read_text("utf-8"))
        self.request = RunRequest.from_json(request)
        self.events: Sequence[RunEvent] = [
            event
            for event in read_events(DATA / name / "events.jsonl")
            if until is None or (getattr(event, "step", 0) <= until and _reach(event) <= until)
        ]
        self.number = number
        self.directory = RunDirectory(DATA / name)

    @property
    def summary(self) -> RunSummary:
        """Its row in the catalogue."""
        last = self.events[-1]
        ended = isinstance(last, RunEnded)
        fields: dict[str, Any] = {"seed": self.request.seed, "device": self.request.device}
        return summary(
            self.number,
            experiment=self.request.experiment,
            status=RunStatus.FINISHED if ended else RunStatus.RUNNING,
            hyperparameters=self.request.hyperparameters,
            metrics=last.metrics if isinstance(last, RunFinished) else {},
            created=_when(self.number),
            step=max(map(_reach, self.events)),
            **fields,
        )


class Remembering(FakeSession):
    """A sitting that can look back, by what was logged alone: nothing is computed again."""

    recorded: Sequence[Recorded] = ()

    async def look_back(self, run_id: str, step: int, view: RunView) -> RunView:
        run = next(each for each in self.recorded if each.summary.id == run_id)
        index = LogIndex()
        index.read_on(run.directory.events_path, settled=True)
        return past_view(view, moment(run.directory, step, view.experiment, index=index))

    async def recompute(self, experiment: Experiment, run_id: str, past: RunView) -> None:
        """There is no worker."""


def session(*runs: Recorded, settings: Settings | None = None) -> FakeSession:
    """A sitting with these runs, the experiments they are of, and the two usual ones."""
    names = dict.fromkeys((*EXPERIMENTS, *(run.request.experiment for run in runs)))
    made = Remembering([load_experiment(name) for name in names], settings=settings)
    made.recorded = runs
    made.own = {run.summary.id for run in runs}
    for run in runs:
        made.put(run.summary)
        made.record(run.summary.id, *run.events)
    return made


def _reach(event: RunEvent) -> int:
    """The last step that an event tells of."""
    if isinstance(event, MetricsLogged):
        rows = max((len(column) for column in event.columns.values()), default=0)
        return event.first + rows - 1 if event.kind == "step" else max(event.steps, default=0)
    return int(getattr(event, "step", 0))


def _when(number: int) -> datetime:
    return NOON - timedelta(hours=30 - 7 * number)
