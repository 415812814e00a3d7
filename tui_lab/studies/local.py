"""Runs on this machine: a worker each, so many at once, on its cards in turn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tui_lab.errors import RunError, TuiLabError
from tui_lab.runs.directory import RunDirectory
from tui_lab.studies.executor import LOST, Ended, Slot
from tui_lab.worker.client import stop_run
from tui_lab.worker.process import record_exit


class Spare(Protocol):
    """What starts workers, as `Splitting` does."""

    @property
    def alive(self) -> bool:
        """Whether it is there."""

    @property
    def ready(self) -> bool:
        """Whether it can be given runs; raises `RunError` where it never will."""

    def start(self) -> None:
        """Make it ready."""

    def give(self, run: RunDirectory, variables: dict[str, str]) -> None:
        """Have a worker on the run; raises `RunError`."""

    def ended(self) -> Iterator[tuple[str, int]]:
        """Runs (their paths) whose workers have ended, and with which exit status."""

    def close(self) -> None:
        """Let it go."""


class LocalExecutor:
    """An `Executor` whose workers `spare` starts. They are sessions of their own and outlive it;
    of those it did not start itself it learns the end from their locks."""

    def __init__(
        self,
        slots: Sequence[Slot],
        spare: Spare,
        stop: Callable[..., object] = stop_run,
    ) -> None:
        self._slots = slots
        self._spare = spare
        self._stop = stop
        self._runs: dict[str, RunDirectory] = {}
        self._taken: dict[str, Slot] = {}
        self._members: dict[str, str] = {}
        """Of each run that trains in another's worker, that other."""
        self._own: set[str] = set()
        """Runs whose end the spare will tell."""
        spare.start()

    def free(self) -> Sequence[Slot]:
        if self._spare.ready:
            return self._untaken()
        if not self._spare.alive:
            self._own.clear()  # their ends are seen from their locks
            self._spare.start()
        return ()

    def _untaken(self) -> Sequence[Slot]:
        taken = {slot.name for slot in self._taken.values()}
        free = [slot for slot in self._slots if slot.name not in taken]
        workers = len(self._runs) - len(self._members.keys() & self._runs.keys())
        return free[: max(0, len(self._slots) - workers)]

    def start(self, run: RunDirectory, slot: Slot) -> None:
        with suppress(OSError):  # that it waits is what others see; it is begun in any case
            run.expect()
        try:
            self._spare.give(run, dict(slot.environment))
        except RunError:  # it died just now
            self._own.clear()
            self._spare.give(run, dict(slot.environment))
        self._runs[run.id] = run
        self._taken[run.id] = slot
        self._own.add(run.id)

    def start_together(self, runs: Sequence[RunDirectory], slot: Slot) -> None:
        first, *others = runs
        for run in others:
            with suppress(OSError):
                run.expect()
        self.start(first, slot)
        for run in others:
            self._runs[run.id] = run
            self._own.add(run.id)
            self._members[run.id] = first.id

    def adopt(self, run: RunDirectory) -> bool:
        if not run.is_live():
            return False
        self._runs[run.id] = run
        if free := self._untaken():
            self._taken[run.id] = free[0]
        return True

    def stop(self, run_id: str, reason: str) -> None:
        run = self._runs.get(run_id)
        if run is not None:
            threading.Thread(target=self._end, args=(run, reason), daemon=True).start()

    def ended(self) -> Iterable[Ended]:
        told = list(self._spare.ended())
        if not self._spare.alive:
            self._own.clear()
        for path, code in told:
            run = RunDirectory(Path(path))
            if run.id in self._runs:
                for member in [run, *self._trained_by(run.id)]:
                    record_exit(member, code)
                    yield self._released(member.id, Ended(member.id, code))
        for run_id in [each for each in self._runs if each not in self._own]:
            if not self._goes_on(run_id):
                yield self._released(run_id, Ended(run_id, LOST))

    def close(self) -> None:
        self._spare.close()

    def _trained_by(self, run_id: str) -> list[RunDirectory]:
        """The others in the worker of a run."""
        of = [each for each, first in self._members.items() if first == run_id]
        return [self._runs[each] for each in of if each in self._runs]

    def _released(self, run_id: str, ended: Ended) -> Ended:
        self._own.discard(run_id)
        self._members.pop(run_id, None)
        self._taken.pop(run_id, None)
        self._runs.pop(run_id)
        return ended

    def _goes_on(self, run_id: str) -> bool:
        with suppress(TuiLabError):
            return not self._runs[run_id].status().is_finished
        return False

    def _end(self, run: RunDirectory, reason: str) -> None:
        with suppress(TuiLabError, OSError):  # it is gone, or was never there
            self._stop(run, reason=reason)
