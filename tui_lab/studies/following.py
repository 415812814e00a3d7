"""A study as it grows, for who looks on: the same reading of the same runs as its coordinator's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from tui_lab.errors import RunUnreadable
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.record import StudyRecord
from tui_lab.study import StudySummary, Trial, best_of

_LOOK = 1.0
"""Seconds between two looks for runs that are new, and for workers that vanished."""


class StudyFollower:
    """Reads a study again and again; raises `RunUnreadable` where study.json can't be read."""

    def __init__(self, study: StudyDirectory, clock: Callable[[], float] = time.monotonic) -> None:
        self._study = study
        self._clock = clock
        self._record = StudyRecord(study.id, study.request(), study.runs)
        self._told: dict[int, Trial] = {}
        self._looked = float("-inf")

    @property
    def trials(self) -> Sequence[Trial]:
        """All that are known."""
        return [self._record.trials[number] for number in sorted(self._record.trials)]

    def read(self) -> tuple[StudySummary, Sequence[Trial]]:
        """How the study stands, and the trials that are new or other than at the last call."""
        summary = self._study.summary()
        if self._clock() - self._looked >= _LOOK or not summary.live:
            self._looked = self._clock()
            self._record.discover()
            self._look_for_the_lost(is_attended=summary.live)
        for number, trial in list(self._record.trials.items()):
            if not trial.state.is_finished:
                self._read(number)
        return self._with_best(summary), self._new()

    def _read(self, number: int) -> None:
        changed = False
        for reading in self._record.under_way(number):
            with suppress(RunUnreadable):  # deleted while it was read
                changed |= reading.read()
        if changed or self._record.under_way(number) == []:
            trial = self._record.settle(number)
            if trial.state.is_finished and not self._record.under_way(number):
                self._record.let_go(number)

    def _look_for_the_lost(self, *, is_attended: bool) -> None:
        for number, trial in list(self._record.trials.items()):
            is_news = False
            if not trial.state.is_finished:
                for reading in self._record.unended(number):
                    with suppress(RunUnreadable):
                        is_news |= reading.look(is_attended=is_attended)
            if is_news:
                self._record.settle(number)

    def _new(self) -> Sequence[Trial]:
        new = [trial for trial in self.trials if self._told.get(trial.number) is not trial]
        self._told |= {trial.number: trial for trial in new}
        return new

    def _with_best(self, summary: StudySummary) -> StudySummary:
        """What the coordinator said last may be older than the runs; what it looked at on test
        examples is of the trial that it had for the best alone."""
        best = best_of(self._record.request, self.trials)
        counts = {state: n for state, n in self._record.counts.items() if n}
        if best is None:
            return replace(summary, counts=counts, test={})
        test = summary.test if best.number == summary.best else {}
        return replace(summary, counts=counts, best=best.number, goal=best.goal, test=test)
