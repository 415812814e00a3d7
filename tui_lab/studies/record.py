"""The trials of a study, rebuilt from the runs that name it: there is no other record of them.

The coordinator and everyone who follows a study read it by this same code. Of several runs of one
trial and seed the newest counts; what came before it was lost.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui_lab.errors import RunUnreadable
from tui_lab.run import RunRequest, is_run_id
from tui_lab.runs.directory import RunDirectory
from tui_lab.studies.reading import RunReading
from tui_lab.study import MOST_ATTEMPTS, StudyRequest, Trial, TrialState

_MOST_POINTS = 64
"""Of the curve of a trial that has ended."""
_WRITING = 10.0
"""Seconds for which a directory without a run.json may be one that is just being made."""


class StudyRecord:
    """The trials of the study `study_id` whose runs are among those in `runs`."""

    def __init__(self, study_id: str, request: StudyRequest, runs: Path) -> None:
        self.request = request
        self.trials: dict[int, Trial] = {}
        self.counts = Counter[TrialState]()
        self._id = study_id
        self._runs = runs
        self._first = study_id.rsplit("-", 3)[1:3]
        """The day and time of the study: no run of it is older."""
        self._readings: dict[int, list[RunReading]] = {}
        """Of trials that have not ended, or whose end was not asked for yet."""
        self._values: dict[int, Mapping[str, Any]] = {}
        self._seen: set[str] = set()

    def discover(self) -> list[int]:
        """Look for runs that are not known yet; the trials they are of."""
        found = set()
        for name in sorted(self._new_names()):
            directory = RunDirectory(self._runs / name)
            try:
                request = directory.request()
            except RunUnreadable:
                if not _is_being_made(directory.path):
                    self._seen.add(name)
                continue
            self._seen.add(name)
            if request.study == self._id and request.trial >= 0:
                found.add(self.add(directory, request))
        return sorted(found)

    def add(self, directory: RunDirectory, request: RunRequest) -> int:
        """Take a run of the study in; the number of its trial."""
        goal, number = self.request.goal, request.trial
        names = [each.name for each in self.request.ranges]
        reading = RunReading(
            directory, goal, seed=request.seed, created=request.created, proposed=names
        )
        self._seen.add(directory.id)
        self._readings.setdefault(number, []).append(reading)
        self._readings[number].sort(key=lambda run: run.created)
        self._values[number] = {
            name: request.hyperparameters[name] for name in names if name in request.hyperparameters
        }
        self.settle(number)
        return number

    def readings(self, number: int) -> dict[int, RunReading]:
        """The newest run of each seed of a trial, by the seed's place."""
        newest: dict[int, RunReading] = {}
        for reading in self._readings.get(number, ()):
            newest[reading.seed - self.request.seed] = reading
        return newest

    def under_way(self, number: int) -> list[RunReading]:
        """The runs of a trial that have not ended, however many there are of one seed."""
        return [run for run in self._readings.get(number, ()) if not run.is_over]

    def unended(self, number: int) -> list[RunReading]:
        """The runs of a trial whose logs have no end, those that were lost among them."""
        return [run for run in self._readings.get(number, ()) if run.ended is None]

    def missing(self, number: int) -> list[int]:
        """The places of the seeds of a trial that need a run."""
        newest = self.readings(number)
        return [
            place
            for place in range(self.request.seeds)
            if place not in newest or newest[place].outcome[0] is TrialState.WAITING
        ]

    def settle(self, number: int) -> Trial:
        """Make the trial anew from its runs."""
        trial = self._made(number)
        if number in self.trials:
            self.counts[self.trials[number].state] -= 1
        self.counts[trial.state] += 1
        self.trials[number] = trial
        return trial

    def let_go(self, number: int) -> None:
        """Nothing of the trial's runs will be asked any more: what it came to is kept."""
        self._readings.pop(number, None)
        trial = self.trials[number]
        self.trials[number] = replace(trial, curve=_thinned(trial.curve))

    def _made(self, number: int) -> Trial:
        newest = self.readings(number)
        state, reason = self._state(number, newest)
        first = newest.get(0)
        return Trial(
            number=number,
            values=self._values[number],
            runs=tuple(newest[place].id for place in sorted(newest)),
            state=state,
            goal=_mean(newest.values()) if state is TrialState.COMPLETE else None,
            curve=tuple(first.curve) if first else (),
            step=max((run.step for run in newest.values()), default=0),
            seconds=sum(run.t for run in newest.values()),
            reason=reason,
        )

    def _state(self, number: int, newest: Mapping[int, RunReading]) -> tuple[TrialState, str]:
        outcomes = [run.outcome for run in newest.values()]
        for state in (TrialState.FAIL, TrialState.PRUNED):
            for outcome in outcomes:
                if outcome[0] is state:
                    return outcome
        if lost := self._given_up(number):
            return TrialState.FAIL, lost
        found = {state for state, _ in outcomes}
        if len(newest) == self.request.seeds and found == {TrialState.COMPLETE}:
            return TrialState.COMPLETE, ""
        going = [run for run in newest.values() if run.outcome[0] is TrialState.RUNNING]
        has_worker = any(run.began for run in going)
        return (TrialState.RUNNING if has_worker else TrialState.WAITING), ""

    def _given_up(self, number: int) -> str:
        lost = Counter(run.seed for run in self._readings.get(number, ()) if run.lost)
        most = max(lost.values(), default=0)
        return f"its worker vanished {most} times" if most >= MOST_ATTEMPTS else ""

    def _new_names(self) -> Iterable[str]:
        try:
            names = os.listdir(self._runs)
        except FileNotFoundError:
            return
        prefix = f"{self.request.experiment}-"
        for name in names:
            if name in self._seen or not name.startswith(prefix) or not is_run_id(name):
                continue
            if name.rsplit("-", 3)[1:3] < self._first:
                self._seen.add(name)
            else:
                yield name


def _is_being_made(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < _WRITING
    except OSError:
        return False


def _mean(runs: Iterable[RunReading]) -> float:
    goals = [run.goal for run in runs if run.goal is not None]
    return sum(goals) / len(goals)


def _thinned(curve: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
    """At most so many points of it, the last among them."""
    stride = -(-len(curve) // _MOST_POINTS)
    return curve if stride <= 1 else curve[-1::-stride][::-1]
