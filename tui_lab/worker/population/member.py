"""One member of a population as the run it is: its lock, its socket, its log, its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from tui_lab.events import RunEnded, RunEvent, RunPaused, RunResumed, status_of
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock, socket_path
from tui_lab.worker.block import Columns
from tui_lab.worker.control import Control
from tui_lab.worker.evaluations import Measurements
from tui_lab.worker.pending_metrics import PendingMetrics
from tui_lab.worker.position import Position
from tui_lab.worker.presence import Presence
from tui_lab.worker.record import RunRecord


class MemberRun:
    """Written down by the worker of its population, at the `position` that all members share.

    Making one takes the run's lock; raises `RunError` when another worker drives it.
    """

    def __init__(
        self, directory: RunDirectory, index: int, position: Position, bell: Callable[[], object]
    ) -> None:
        self.directory = directory
        self.index = index
        self._position = position
        self.lock = RunLock(directory.path)
        self.lock.acquire()
        self.record = RunRecord(directory)
        self.record.set_status(RunStatus.RUNNING)
        self.control = Control(socket_path(directory.path), bell)
        self._pending = PendingMetrics(position, {})
        self.is_over = False
        """Whether its last event is written."""
        self._lost = False
        presence = Presence(directory, self.lock, self.control, leave=self._lose)
        self._presence = presence
        self.record.each_second = presence.check
        self._bell = bell

    @property
    def id(self) -> str:
        """The run's name."""
        return self.directory.id

    @property
    def is_lost(self) -> bool:
        """Whether its directory was removed: there is nowhere to write."""
        return self._lost

    def emit(self, event: RunEvent) -> None:
        """Log an event; `publish` writes it."""
        self.record.append(event)

    def add(
        self,
        first: int,
        columns: Columns,
        measured: Sequence[Measurements[float]],
        names: frozenset[str],
    ) -> None:
        """Log what it measured since the last time; `names` are the keys of parameters."""
        self._pending.add(first, columns, measured, names)
        for event in self._pending.take(self._position.t, {}):
            self.record.append(event)
        last = {**self._pending.last, **self._pending.alarms}
        self.record.progress(self._position.step, self._position.epoch, last)

    def paused(self, reason: str) -> None:
        """It holds still with its population."""
        position = self._position
        self.emit(RunPaused(t=position.t, step=position.step, reason=reason))
        self.record.set_status(RunStatus.PAUSED, reason)

    def resumed(self) -> None:
        """It goes on."""
        self.emit(RunResumed(t=self._position.t, step=self._position.step))
        self.record.set_status(RunStatus.RUNNING)

    def metrics(self) -> dict[str, Any]:
        """The last value of every metric."""
        return {**self.record.metrics, **self._pending.alarms}

    def end(self, event: RunEnded) -> None:
        """Write its last event, answer what was not answered, and let go of it."""
        if self.is_over:
            return
        self.is_over = True
        if not self._lost:
            self.record.append(event)
        self.record.close(status_of(event), getattr(event, "error", ""))
        self._presence.close()
        with suppress(OSError):
            self.lock.release()
        self.control.close()  # whoever asked for the end finds it there

    def _lose(self, _: int) -> None:
        self._lost = True
        self._bell()
