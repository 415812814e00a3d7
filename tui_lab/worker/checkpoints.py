"""States of a run that are kept on the way, in memory and on disk, to go back to.

Capturing copies the state where the training stands between two steps. Everything else (writing,
hashing, waiting for the disk) happens on a thread of its own, for one state at a time.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, cast

from tui_lab.errors import RunError, TuiLabError
from tui_lab.events import CheckpointWritten
from tui_lab.runs.checkpoints import (
    CheckpointRecord,
    checkpoints_path,
    nearest,
    read_manifest,
    thinned,
    why_not,
    write_manifest,
)
from tui_lab.runs.replacement import replacing
from tui_lab.training.program import Program
from tui_lab.training.state import State, capture
from tui_lab.training.state_file import digest, load, save
from tui_lab.worker.respite import respite

_INTERVAL = 0.25
"""Seconds between two that are due because time has passed, at first; each halving of those on disk
doubles it."""
_IN_MEMORY = 2
_FIRST = 4
"""Steps of which each is kept whatever it costs: the first of all are worth it."""


@dataclass(frozen=True)
class Place:
    """Steps and epochs completed, batches taken of the epoch under way, and the time of the run."""

    step: int
    epoch: int
    taken: int
    t: float


@dataclass(frozen=True)
class Capture:
    """The state of a program at some place."""

    place: Place
    state: State


class Checkpoints:
    """Keeps states of one program: the newest two in memory, and on disk as many as the bounds of a
    run allow. No more than a fiftieth of the time goes there on the training thread."""

    def __init__(
        self, run: Path, program: Program, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._run = run
        self._program = program
        self._clock = clock
        self._next = 0.0
        self._kept: list[Capture] = []
        self._writer = _Writer(run)

    def follow(self, program: Program) -> None:
        """Keep states of another program from now on, into which those before do not fit."""
        self._program, self._kept = program, []

    def next_due(self, step: int) -> int:
        """The next step after `step` whose state is to be kept whatever the time: a power of 2."""
        return 1 << step.bit_length()

    def is_due(self, step: int) -> bool:
        """Whether the state after `step` is to be kept now."""
        now = self._clock()
        is_early = step <= _FIRST and step & (step - 1) == 0
        return is_early or now >= self._next

    def take(self, place: Place, reason: str = "") -> None:
        """Capture the program, and have that written; a state that is merely due is not while
        another is on its way. Raises `TypeError` for a program that can't be captured."""
        begun = self._clock()
        taken = Capture(place, capture(self._program))
        self._kept = [*self._kept[1 - _IN_MEMORY :], taken]
        if reason or not self._writer.is_busy:
            self._writer.put(taken, reason)
        ended = self._clock()
        self._next = ended + max(_INTERVAL * self._writer.spacing, respite(ended - begun))

    def latest(self, step: int) -> Capture | None:
        """The newest state at or before `step`, in memory or else on disk; None when there is
        none."""
        for kept in reversed(self._kept):
            if kept.place.step <= step:
                return kept
        self.flush()
        try:
            return find(self._run, step).capture
        except RunError:
            return None

    def reaches(self, step: int) -> bool:
        """Whether a state at or before `step` was kept."""
        if any(kept.place.step <= step for kept in self._kept):
            return True
        return bool(nearest(self._writer.records, step))

    def forget_after(self, step: int) -> None:
        """The run went back: what came after `step` never happened."""
        self._kept = [kept for kept in self._kept if kept.place.step <= step]
        self.flush()
        self._writer.forget_after(step)

    def written(self) -> list[CheckpointWritten]:
        """Those that are on disk since asked last."""
        written, self._writer.written = self._writer.written, []
        return written

    def complaints(self) -> list[str]:
        """What went wrong since asked last."""
        complaints, self._writer.complaints = self._writer.complaints, []
        return complaints

    def flush(self) -> None:
        """Wait for those on their way."""
        self._writer.flush()

    def close(self) -> None:
        """Wait for those on their way, and take no more."""
        self._writer.close()


class _Writer:
    """Writes captured states, one after the other, on its own thread."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._jobs: SimpleQueue[tuple[Capture, str] | None] = SimpleQueue()
        self._idle = threading.Condition()
        self._waiting = 0
        self.records: list[CheckpointRecord] = []
        self.written: list[CheckpointWritten] = []
        self.complaints: list[str] = []
        self.spacing = 1
        """The factor by which those that come are further apart than the first: of every two on
        disk one was removed since."""
        try:
            self.records = read_manifest(run)
        except RunError as error:
            self.complaints.append(f"{error} A new one is begun.")
        self._thread = threading.Thread(target=self._work, name="checkpoints", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        return self._waiting > 0

    def put(self, taken: Capture, reason: str) -> None:
        with self._idle:
            self._waiting += 1
        self._jobs.put((taken, reason))

    def flush(self) -> None:
        with self._idle:
            self._idle.wait_for(lambda: not self._waiting)

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()

    def forget_after(self, step: int) -> None:
        """Called while there is nothing to write."""
        kept = [record for record in self.records if record.step <= step]
        if len(kept) == len(self.records):
            return
        try:
            self._keep(kept)
        except OSError as error:
            self._complain(error)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._write(*job)
            except OSError as error:
                self._complain(error)
            finally:
                with self._idle:
                    self._waiting -= 1
                    self._idle.notify_all()

    def _write(self, taken: Capture, reason: str) -> None:
        place, name = taken.place, f"step-{taken.place.step:012d}.pt"
        path = checkpoints_path(self._run) / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        content = {"place": vars(place), "state": taken.state}
        with replacing(path, durable=True) as file:
            hashing = _Hashing(file)
            save(content, cast("BinaryIO", hashing))
        record = CheckpointRecord(
            file=name,
            **vars(place),
            bytes=hashing.size,
            sha256=hashing.sha256.hexdigest(),
            digest=digest(taken.state),
            reason=reason,
        )
        records = [*(r for r in self.records if r.file != name), record]
        kept = thinned(records)
        self.spacing *= 1 + (len(kept) < len(records))
        self._keep(kept)
        self.written.append(_event(record))

    def _keep(self, kept: list[CheckpointRecord]) -> None:
        """Write a manifest of these, then remove the others."""
        write_manifest(self._run, kept)
        dropped, self.records = {r.file for r in self.records} - {r.file for r in kept}, kept
        for name in dropped:
            (checkpoints_path(self._run) / name).unlink(missing_ok=True)

    def _complain(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        self.complaints.append(f"A state could not be kept on disk ({reason}).")


class _Hashing:
    """A file that is written from its beginning to its end, and hashed on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


@dataclass(frozen=True)
class Found:
    """A state that was read from disk, and what was found wrong on the way to it."""

    capture: Capture
    record: CheckpointRecord
    complaints: tuple[str, ...] = ()


def find(run: Path, step: int | None) -> Found:
    """The nearest sound state of a run at or before `step`, None for the newest there is. Raises
    `RunError` when there is none."""
    complaints: list[str] = []
    for record in nearest(read_manifest(run), step):
        try:
            return Found(load_sound(run, record), record, tuple(complaints))
        except RunError as error:
            complaints.append(str(error))
    where = "" if step is None else f" at or before step {step:,}"
    reasons = "".join(f" {complaint}" for complaint in complaints)
    raise RunError(f"{run.name} has no usable checkpoint{where}.{reasons}")


def load_sound(run: Path, record: CheckpointRecord) -> Capture:
    """The state that a record of this run tells of; raises `RunError` where its file is not what
    the record says."""
    if complaint := why_not(run, record):
        raise RunError(complaint)
    try:
        content = load(checkpoints_path(run) / record.file)
        return Capture(Place(**content["place"]), content["state"])
    except (TuiLabError, TypeError, KeyError) as error:
        name = f"The checkpoint after step {record.step:,}"
        raise RunError(f"{name} can't be used: {error}") from error


def _event(record: CheckpointRecord) -> CheckpointWritten:
    return CheckpointWritten(
        t=record.t,
        step=record.step,
        epoch=record.epoch,
        digest=record.digest,
        bytes=record.bytes,
        reason=record.reason,
    )
