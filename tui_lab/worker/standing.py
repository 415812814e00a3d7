"""Whether a run goes on or holds still, said in its log and in its status."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from tui_lab.events import RunEvent, RunPaused, RunResumed
from tui_lab.run import RunStatus
from tui_lab.worker.position import Position
from tui_lab.worker.record import RunRecord


class Standing:
    """Says of one run that it holds still, or goes on; `emit` logs an event in its place."""

    def __init__(
        self, position: Position, record: RunRecord, emit: Callable[[RunEvent], object]
    ) -> None:
        self._position = position
        self._record = record
        self._emit = emit

    def taken_up(self, step: int) -> None:
        """The run went back to how it was after `step`."""
        self._emit(RunResumed(t=self._position.t, step=step, from_step=step))

    def paused(self, step: int, reason: str = "") -> None:
        """The loop holds still."""
        self._emit(RunPaused(t=self._position.t, step=step, reason=reason))
        self._record.set_status(RunStatus.PAUSED, reason)

    def resumed(self, step: int) -> None:
        """The loop goes on."""
        self._emit(RunResumed(t=self._position.t, step=step))
        self._record.set_status(RunStatus.RUNNING)

    def disk_full(self, step: int, reason: str) -> None:
        """The log can't be written: say so where there is room for it."""
        self._record.release_reserve()
        self.paused(step, reason)
        with contextlib.suppress(OSError):  # what was reserved may do for the log too
            self._record.flush()

    def try_again(self, step: int) -> bool:
        """Whether the log can be written again, with something in reserve for the next time."""
        try:
            self._record.hold_reserve()
            self._record.flush()
        except OSError:
            self._record.release_reserve()
            return False  # still full: the caller waits and asks again
        self.resumed(step)
        return True
