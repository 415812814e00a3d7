"""The loop of a study: see how its runs stand, end the bad ones, fill the free slots, learn.

It keeps nothing that is not in study.json and in the directories of its runs, and writes a run down
before it is begun: it can be killed between any two of its acts, and another goes on.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.studies import reasons
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.ending import Failures, StudyFailed, going_on, lacking, tested
from tui_lab.studies.executor import LOST, Executor, Slot
from tui_lab.studies.gathering import Gathering
from tui_lab.studies.reading import RunReading
from tui_lab.studies.record import StudyRecord
from tui_lab.studies.sampler import Sampler
from tui_lab.studies.status import StudyStatus
from tui_lab.studies.status_writer import StatusWriter
from tui_lab.studies.trial_run import request_of_run
from tui_lab.study import StudyState, Trial, best_of

_POLL = 0.02
"""Seconds between two rounds."""
_PATIENCE = 40.0
"""Seconds for the runs of a study that ends to end."""


class Coordinator:
    """Drives one study in one directory; its runs go on in `executor`."""

    def __init__(
        self,
        study: StudyDirectory,
        experiment: Experiment,
        executor: Executor,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        keep_lock: Callable[[], object] = lambda: None,
    ) -> None:
        self._study = study
        self._experiment = experiment
        self._executor = executor
        self._now = now
        self._sleep = sleep
        self._request = study.request()
        self._sampler = Sampler(self._request, experiment)
        self.record = StudyRecord(study.id, self._request, study.runs)
        self._open: set[int] = set()
        """Trials that have not ended, or of which a run still has to."""
        self._unbegun: list[tuple[int, RunReading]] = []
        """Runs that are written down and that no worker ever had."""
        self._stopping: set[str] = set()
        self._gathering = Gathering(self._request, experiment, executor, now)
        self._failures = Failures()
        self._exhausted = False
        self._best: Trial | None = None
        self._status_writer = StatusWriter(study, keep_lock)

    def run(self, is_stopped: Callable[[], bool]) -> StudyState:
        """Drive the study until it has ended, or somebody asks for its end."""
        state, why = StudyState.STOPPED, ""
        try:
            self.rebuild()
            while not is_stopped():
                if not self.turn():
                    return self._finish()
                self._sleep(_POLL)
        except TuiLabError as error:
            state, why = StudyState.FAILED, f"{error} "
        return self._leave(state, f"{why}{going_on(self._end_runs())}".strip())

    def rebuild(self) -> None:
        """Find the trials there are; what goes on is adopted, what vanished is begun again."""
        self.record.discover()
        for number in sorted(self.record.trials):
            for reading in self.record.under_way(number):
                self._take_up(number, reading)
            trial = self.record.settle(number)
            self._sampler.add(trial)
            self._open.add(number)
            if trial.state.is_finished:
                self._close(trial)

    def turn(self) -> bool:
        """One round; whether there is more to do. Raises `TuiLabError` where the study can't go
        on."""
        ended = {each.run_id: each.how for each in self._executor.ended()}
        for number in sorted(self._open):
            self._follow(number, ended)
        self._fill()
        self._status_writer.tell(self._status())
        return bool(self._open) or not self._is_full

    @property
    def _is_full(self) -> bool:
        return self._exhausted or len(self.record.trials) >= self._request.trials

    def _take_up(self, number: int, reading: RunReading) -> None:
        for _ in range(2):  # it may end while it is asked about
            reading.read()
            if reading.is_over or self._executor.adopt(reading.directory):
                return
        if reading.began:
            reading.lost = True
        else:
            self._unbegun.append((number, reading))

    def _follow(self, number: int, ended: Mapping[str, int | str]) -> None:
        changed = False
        for reading in self.record.under_way(number):
            changed |= reading.read()
            if reading.parted:
                self._gathering.part()
            if reading.id in ended and not reading.is_over:
                # A worker that ended by itself may have found another one there.
                told = ended[reading.id]
                reading.lost = told == LOST or not self._executor.adopt(reading.directory)
                changed = True
        if changed or self.record.trials[number].state.is_finished:
            trial = self.record.settle(number)
            self._judge(trial)
            self._conclude(trial)

    def _judge(self, trial: Trial) -> None:
        """End the runs of a trial that need not go on."""
        newest = self.record.readings(trial.number)
        if trial.state.is_finished:
            for reading in self.record.under_way(trial.number):
                self._stop(reading, reasons.trial_over(trial.number, self._study.id))
        for reading in newest.values():
            if not reading.is_over and reading.curve and math.isnan(reading.curve[-1][1]):
                epoch, _ = reading.curve[-1]
                self._stop(reading, reasons.diverged(epoch, self._request.goal))
        first = newest.get(0)
        if first is not None and not first.is_over and self._sampler.is_worse(trial):
            self._stop(first, reasons.pruned(trial.curve[-1][0], self._study.id))

    def _stop(self, reading: RunReading, reason: str) -> None:
        if reading.id in self._stopping:
            return
        self._stopping.add(reading.id)
        waits = [each for each in self._unbegun if each[1] is reading]
        for each in waits:  # no worker will ever end it
            self._unbegun.remove(each)
            reading.lost = True
        if not waits:
            self._executor.stop(reading.id, reason)

    def _conclude(self, trial: Trial) -> None:
        """Learn from a trial of which nothing more will come; raises `StudyFailed`."""
        newest = self.record.readings(trial.number).values()
        if trial.state.is_finished and self._close(trial):
            self._sampler.tell(trial)
            if lacks := [each for each in newest if each.lacks_goal]:
                raise StudyFailed(lacking(lacks[0], self._request.goal, self._experiment))
            self._failures.count(trial)

    def _close(self, trial: Trial) -> bool:
        """Be done with a trial that has ended; not while one of its runs still has to."""
        if self.record.under_way(trial.number):
            return False
        self._open.discard(trial.number)
        self.record.let_go(trial.number)
        self._best = best_of(self._request, [*filter(None, [self._best]), trial])
        return True

    def _fill(self) -> None:
        for slot in self._executor.free():
            if not self._unbegun:
                self._write_some_down(slot)
            if not self._unbegun:
                return
            runs = self._gathering.taken([reading.directory for _, reading in self._unbegun])
            begun = {run.id for run in runs}
            self._unbegun = [each for each in self._unbegun if each[1].id not in begun]
            self._gathering.start(runs, slot)
        self._gathering.keep([reading.directory for _, reading in self._unbegun])

    def _write_some_down(self, slot: Slot) -> None:
        self._gathering.begin()
        while len(self._unbegun) < self._gathering.most and (reading := self._next(slot)):
            self._unbegun.append((reading.directory.request().trial, reading))

    def _next(self, slot: Slot) -> RunReading | None:
        """A run that is to be begun, written down: one of a trial that was begun, or the first of a
        new one."""
        for number in sorted(self._open):
            trial = self.record.trials[number]
            if not trial.state.is_finished:
                for place in self.record.missing(number):
                    return self._written_down(trial, place, slot)
        if self._is_full:
            return None
        number = max(self.record.trials, default=-1) + 1
        values = self._sampler.ask(number)
        if values is None:
            self._exhausted = True
            return None
        return self._written_down(Trial(number=number, values=values), 0, slot)

    def _written_down(self, trial: Trial, place: int, slot: Slot) -> RunReading:
        asked = request_of_run(
            self._request, self._study.id, self._experiment, trial, place, slot.device
        )
        asked = self._gathering.named(asked)
        run = RunDirectory.create(self._study.runs, asked, self._now())
        self.record.add(run, run.request())
        self._open.add(trial.number)
        return self.record.readings(trial.number)[place]

    def _end_runs(self) -> list[RunDirectory]:
        """End what is under way, which is begun again when the study is resumed; what goes on all
        the same."""
        for number in self._open:
            for reading in self.record.under_way(number):
                if all(reading is not each for _, each in self._unbegun):
                    self._executor.stop(reading.id, reasons.with_study(self._study.id))
        for _ in range(round(_PATIENCE / _POLL)):
            ended = {each.run_id for each in self._executor.ended()}
            left = [each for number in self._open for each in self._still(number, ended)]
            if not left:
                break
            self._status_writer.tell(self._status())
            self._sleep(_POLL)
        return [reading.directory for reading in left]

    def _still(self, number: int, ended: set[str]) -> Iterator[RunReading]:
        for reading in self.record.under_way(number):
            with suppress(TuiLabError):
                reading.read()
            reading.lost = reading.lost or reading.id in ended
            if not reading.is_over and all(reading is not each for _, each in self._unbegun):
                yield reading
        self.record.settle(number)

    def _finish(self) -> StudyState:
        if self._best is None:
            failed = next(iter(self.record.trials.values()), None)
            why = f": {failed.reason}" if failed and failed.reason else ""
            return self._leave(StudyState.FAILED, f"None of its trials came to an end{why}.")
        test = tested(self._study, self._request, self._best)
        return self._leave(StudyState.FINISHED, test=test)

    def _leave(
        self, state: StudyState, error: str = "", test: dict[str, float] | None = None
    ) -> StudyState:
        status = replace(self._status(), state=state, error=error, test=test or {})
        self._status_writer.end(status)
        return state

    def _status(self) -> StudyStatus:
        counts = self.record.counts
        return StudyStatus(
            pid=os.getpid(),
            host=host_name(),
            heartbeat=time.time(),
            trials=len(self.record.trials) if self._is_full else self._request.trials,
            counts={str(state): counts[state] for state in counts if counts[state]},
            best=-1 if self._best is None else self._best.number,
            goal=None if self._best is None else self._best.goal,
            left_out=self._sampler.left_out,
        )
