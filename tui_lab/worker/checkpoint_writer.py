"""Writes captured states to disk on a thread of its own, one after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from tui_lab.events import CheckpointWritten
from tui_lab.runs.checkpoints import (
    CheckpointRecord,
    checkpoints_path,
    file_name,
    file_number,
    files,
    sweep,
    thinned,
    write_manifest,
)
from tui_lab.worker.checkpoint_files import Capture, survey, write_capture

_MOST_WAITING = 2
"""States on their way to disk; each is held in memory."""


class CheckpointWriter:
    """Writes states of the run in this directory, and says what became of them.

    Whatever goes wrong is a complaint; the thread goes on.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._jobs: SimpleQueue[tuple[Capture, str] | None] = SimpleQueue()
        self._changed = threading.Condition()
        """Guards all that follows."""
        self._waiting = 0
        self._number = 0
        self._records: list[CheckpointRecord] = []
        self._written: list[CheckpointWritten] = []
        self._complaints: list[str] = []
        self._kinds: set[tuple[type[Exception], int | None]] = set()
        """What was complained about already."""
        self._spacing, self._spent = 1, 0.0
        self._take_stock()
        self._thread = threading.Thread(target=self._work, name="checkpoints", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether a state is on its way to disk."""
        with self._changed:
            return self._waiting > 0

    @property
    def records(self) -> list[CheckpointRecord]:
        """What is on disk, in the order of steps."""
        with self._changed:
            return list(self._records)

    @property
    def spacing(self) -> int:
        """The factor by which those that come are further apart than the first: each time some were
        removed to make room it doubled."""
        with self._changed:
            return self._spacing

    @property
    def spent(self) -> float:
        """Seconds of a processor that the last one took."""
        with self._changed:
            return self._spent

    def written(self) -> list[CheckpointWritten]:
        """Those that are on disk since asked last."""
        with self._changed:
            written, self._written = self._written, []
            return written

    def complaints(self) -> list[str]:
        """What went wrong since asked last; of each kind once."""
        with self._changed:
            complaints, self._complaints = self._complaints, []
            return complaints

    def complain(self, *complaints: str) -> None:
        """Add to the complaints."""
        with self._changed:
            self._complaints += complaints

    def put(self, taken: Capture, reason: str) -> None:
        """Have a state written; waits while too many are on their way."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting < _MOST_WAITING)
            self._waiting += 1
        self._jobs.put((taken, reason))

    def flush(self) -> None:
        """Wait for those on their way."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting)

    def close(self) -> None:
        """Wait for those on their way, and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def forget_after(self, step: int) -> None:
        """Remove the states after this step; those on their way are waited for."""
        self.flush()
        with self._changed:
            self._written = [event for event in self._written if event.step <= step]
        kept = [record for record in self._records if record.step <= step]
        if len(kept) < len(self._records):
            self._attempt(lambda: self._remove(self._keep(kept)))

    def _take_stock(self) -> None:
        """Know what is there, and remove what a worker that died has left beside it."""
        self._attempt(self._survey)
        self._attempt(lambda: sweep(self._run, self._records))

    def _survey(self) -> None:
        self._number = max(map(file_number, files(self._run)), default=0)
        self._records, complaint = survey(self._run)
        if complaint:
            self.complain(complaint)
            write_manifest(self._run, self._records)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            begun = time.thread_time()
            self._attempt(partial(self._write, *job))
            del job  # while waiting for the next no state is held
            with self._changed:
                self._spent = time.thread_time() - begun
                self._waiting -= 1
                self._changed.notify_all()

    def _write(self, taken: Capture, reason: str) -> None:
        step = taken.place.step
        former = [record for record in self._records if record.step == step]
        reason = reason or next((record.reason for record in former), "")
        self._number += 1
        record = write_capture(self._run, file_name(step, self._number), taken, reason)
        records = [*(each for each in self._records if each.step != step), record]
        kept = thinned(records)
        dropped = self._keep(kept)
        with self._changed:
            self._spacing *= 1 + (len(kept) < len(records))
            self._written.append(_event(record))
        self._remove(dropped)

    def _keep(self, kept: list[CheckpointRecord]) -> set[str]:
        """Write a manifest of these; returns the files that it names no more."""
        write_manifest(self._run, kept)
        with self._changed:
            former, self._records = self._records, kept
        return {each.file for each in former} - {each.file for each in kept}

    def _remove(self, names: set[str]) -> None:
        for name in names:
            (checkpoints_path(self._run) / name).unlink(missing_ok=True)

    def _attempt(self, work: Callable[[], object]) -> None:
        """Do it; complain where it fails, unless it was complained about already."""
        try:
            work()
        except Exception as error:  # whatever it is: the run goes on without
            kind = type(error), getattr(error, "errno", None)
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            if kind not in self._kinds:
                self._kinds.add(kind)
                self.complain(f"A state could not be kept on disk ({reason}).")


def _event(record: CheckpointRecord) -> CheckpointWritten:
    return CheckpointWritten(
        t=record.t,
        step=record.step,
        epoch=record.epoch,
        digest=record.digest,
        bytes=record.bytes,
        reason=record.reason,
    )
