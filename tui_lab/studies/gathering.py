"""Runs of a study that train as one population: which do, and how they are put to work.

Where a program can, and the next values do not hang on what the last ones came to, a study writes
many runs down before it has any of them begun; those that differ in numbers and seeds alone get
the name of one population in their run.json, and one worker. Whoever goes on with a study that was
killed in between finds them by that name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tui_lab.experiment import Experiment
from tui_lab.run import RunRequest, new_run_id
from tui_lab.runs.directory import STARTING, RunDirectory
from tui_lab.runs.populations import join, refusal, shared
from tui_lab.studies.executor import Executor, Slot, TogetherExecutor
from tui_lab.study import StudyRequest

MOST = 128
"""Runs that are written down before the first of them is begun."""
_AGAIN = timedelta(seconds=STARTING / 3)
"""After which it is said again of a run that it waits."""


class Gathering:
    """Has runs of the study `request` begun in `executor`, together where that can be."""

    def __init__(
        self,
        request: StudyRequest,
        experiment: Experiment,
        executor: Executor,
        now: Callable[[], datetime],
    ) -> None:
        self._experiment = experiment
        self._executor = executor
        self._now = now
        self._said = datetime.min.replace(tzinfo=UTC)
        self._names: dict[object, tuple[str, int]] = {}
        """Of each population that is being gathered: its name, and how many it has."""
        together = experiment.together
        can = together is not None and not together.never
        can = can and request.sampler != "tpe" and not request.prune  # which compares trials
        self._gathers = can and isinstance(executor, TogetherExecutor)
        self.most = MOST if self._gathers else 1
        """Runs to write down at a time."""

    def begin(self) -> None:
        """Other populations from now on than those before."""
        self._names.clear()

    def part(self) -> None:
        """A population was refused once its program was looked at: from now on each trains by
        itself."""
        self.most = 1

    def named(self, request: RunRequest) -> RunRequest:
        """The request of a run, with the population that it will train in, if any."""
        if self.most == 1 or refusal(self._experiment, request):
            return request
        key = shared(self._experiment, request)
        name, count = self._names.get(key) or (new_run_id(request.experiment, self._now()), 0)
        self._names[key] = name, count + 1
        return replace(request, population=name, member=count)

    def start(self, runs: Sequence[RunDirectory], slot: Slot) -> None:
        """Put a worker on runs that are written down, one of no population or some of one; raises
        `TuiLabError` where that can't be."""
        if runs[0].request().population and isinstance(self._executor, TogetherExecutor):
            self._executor.start_together(join(runs), slot)
        else:
            self._executor.start(runs[0], slot)

    def keep(self, waiting: Sequence[RunDirectory]) -> None:
        """Say of runs that are written down that their worker will come, however long others take
        before them; to be called often."""
        if waiting and abs(self._now() - self._said) >= _AGAIN:
            self._said = self._now()
            for run in waiting:
                with suppress(OSError):
                    run.expect()

    def taken(self, waiting: Sequence[RunDirectory]) -> list[RunDirectory]:
        """The first of those that wait, and the others of its population."""
        name = waiting[0].request().population
        if not name or not self._gathers:
            return [waiting[0]]
        return [run for run in waiting if run.request().population == name]
