"""States of a run that are kept on the way, in memory and on disk, to go back to.

Capturing copies the state where the training stands between two steps. Everything else (writing,
hashing, waiting for the disk) happens on a thread of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tui_lab.errors import RunError
from tui_lab.events import CheckpointWritten
from tui_lab.runs.checkpoints import CheckpointRecord, nearest
from tui_lab.training.program import Program
from tui_lab.training.state import capture
from tui_lab.worker.checkpoint_files import Capture, Place, load_sound, survey
from tui_lab.worker.checkpoint_writer import CheckpointWriter

__all__ = ["Capture", "Checkpoints", "Found", "Place", "find", "load_sound"]

_INTERVAL, _LONGEST = 0.25, 60.0
"""Seconds between two that are due because time has passed: at first, and at most; each thinning of
those on disk doubles it."""
_TIMES = 100
"""How many times what the last one took has to pass until the next."""
_IN_MEMORY, _MOST_IN_MEMORY = 2, 1 << 30
"""States, and bytes of them, kept in memory; the newest is, whatever its size."""


class Checkpoints:
    """Keeps states of one program: the newest two in memory, and on disk as many as the bounds of a
    run allow. No more than a hundredth of the time goes there, of either thread."""

    def __init__(
        self, run: Path, program: Program, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._run = run
        self._program = program
        self._clock = clock
        self._next = 0.0
        self._kept: list[Capture] = []
        self._writer = CheckpointWriter(run)

    def follow(self, program: Program) -> None:
        """Keep states of another program from now on, into which those before do not fit."""
        self._program, self._kept = program, []

    def next_due(self, step: int) -> int:
        """The next step after `step` whose state is to be kept whatever the time: a power of 2, of
        which there are few in a run however long."""
        return 1 << step.bit_length()

    def is_due(self, step: int) -> bool:
        """Whether the state after `step` is to be kept now."""
        is_log_spaced = step & (step - 1) == 0
        return is_log_spaced or self._clock() >= self._next

    def take(self, place: Place, reason: str = "") -> None:
        """Capture the program, and have that written; a state that is merely due is not while
        another is on its way. Raises `TypeError` for a program that can't be captured."""
        self._make_room()
        begun = self._clock()
        taken = Capture(place, capture(self._program))
        spent = self._clock() - begun
        self._kept.append(taken)
        if reason or not self._writer.is_busy:
            self._writer.put(taken, reason)
        interval = min(_INTERVAL * self._writer.spacing, _LONGEST)
        self._next = self._clock() + max(interval, _TIMES * (spent + self._writer.spent))

    def _make_room(self) -> None:
        """For another state, of the size of the last, in memory."""
        self._kept = self._kept[1 - _IN_MEMORY :]
        if self._kept and 2 * self._kept[-1].size > _MOST_IN_MEMORY:
            self._kept.clear()

    def latest(self, step: int) -> Capture | None:
        """The newest state at or before `step`, in memory or else on disk; None when there is
        none."""
        for kept in reversed(self._kept):
            if kept.place.step <= step:
                return kept
        self.flush()
        try:
            found = find(self._run, step)
        except RunError as error:
            if self.reaches(step):
                self._writer.complain(str(error))
            return None
        self._writer.complain(*found.complaints)
        return found.capture

    def reaches(self, step: int) -> bool:
        """Whether a state at or before `step` was kept."""
        if any(kept.place.step <= step for kept in self._kept):
            return True
        self.flush()  # the one that reaches may be on its way
        return bool(nearest(self._writer.records, step))

    def forget_after(self, step: int) -> None:
        """The run went back: what came after `step` never happened."""
        self._kept = [kept for kept in self._kept if kept.place.step <= step]
        self._writer.forget_after(step)

    def written(self) -> list[CheckpointWritten]:
        """Those that are on disk since asked last."""
        return self._writer.written()

    def complaints(self) -> list[str]:
        """What went wrong since asked last."""
        return self._writer.complaints()

    def flush(self) -> None:
        """Wait for those on their way."""
        self._writer.flush()

    def close(self) -> None:
        """Wait for those on their way, and take no more."""
        self._writer.close()


@dataclass(frozen=True)
class Found:
    """A state that was read from disk, and what was found wrong on the way to it."""

    capture: Capture
    record: CheckpointRecord
    complaints: tuple[str, ...] = ()


def find(run: Path, step: int | None) -> Found:
    """The nearest sound state of a run at or before `step`, None for the newest there is. Raises
    `RunError` when there is none."""
    try:
        records, complaint = survey(run)
    except OSError as error:
        raise RunError(f"{run.name}'s checkpoints can't be read ({error.strerror}).") from error
    complaints = [complaint] if complaint else []
    for record in nearest(records, step):
        try:
            return Found(load_sound(run, record), record, tuple(complaints))
        except RunError as error:
            complaints.append(str(error))
    where = "" if step is None else f" at or before step {step:,}"
    reasons = "".join(f" {complaint}" for complaint in complaints)
    raise RunError(f"{run.name} has no usable checkpoint{where}.{reasons}")
