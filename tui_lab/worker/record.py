"""What the worker writes: the run's log, its status file, once a second a sync and a heartbeat."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from tui_lab.errors import TuiLabError
from tui_lab.events import AlarmRaised, HyperparameterChanged, MetricsLogged, RunEvent
from tui_lab.experiment import Experiment
from tui_lab.health import HEALTH
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory, host_name
from tui_lab.runs.log import RunLog
from tui_lab.runs.status import StatusRecord
from tui_lab.worker.keeper import Keeper

_HEARTBEAT = 1.0


class RunRecord:
    """The worker's pen: one per run, no other process writes there.

    `flush` raises `OSError` when the disk is full; nothing is lost then, the lines stay buffered
    and a later `flush` writes them.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._log = RunLog(directory.events_path)
        self._inode = directory.path.stat().st_ino
        self.each_second: Callable[[], object] = lambda: None
        """What else is looked after with every heartbeat."""
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._began = False
        self._status = RunStatus.RUNNING
        self._error = ""
        self._metrics: dict[str, Any] = {}
        self._changed: dict[str, Any] = {}
        self._step = self._epoch = 0
        self._keeper: Keeper | None = None
        self._clerk = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        with contextlib.suppress(OSError):  # no room to reserve: the first flush will say so
            self.hold_reserve()

    def start(self) -> None:
        """Write the first status and begin the heartbeat."""
        self._write_status()
        self._clerk.start()

    def keep_for(self, experiment: Experiment) -> None:
        """From now on keep beside a long log what its readers would have to fold."""
        self._keeper = Keeper(self._directory.events_path, experiment)

    @property
    def began(self) -> bool:
        """Whether anything was written down yet."""
        return self._began

    def append(self, event: RunEvent) -> None:
        """Add an event after those already there. Raises `ValueError` for columns of several
        lengths: nobody could say which step a value is of."""
        if isinstance(event, MetricsLogged):
            _check_columns(event)
        self._began = True
        if isinstance(event, HyperparameterChanged):
            self._changed[event.name] = event.new
        elif isinstance(event, AlarmRaised) and not event.kind.startswith(HEALTH):
            self._metrics[event.kind] = event.step
        self._log.append(event)

    def flush(self) -> None:
        """Hand everything appended to the operating system."""
        self._log.flush()

    def try_flush(self) -> bool:
        """Whether everything appended is written; if not, the reason stands in the status."""
        try:
            self._log.flush()
        except OSError as problem:
            self.release_reserve()
            reason = f"The log can't be written ({problem.strerror}); free some space."
            self.set_status(RunStatus.PAUSED, reason)
            return False
        return True

    def progress(self, step: int, epoch: int, metrics: Mapping[str, Any]) -> None:
        """What the next heartbeat says."""
        self._step, self._epoch = step, epoch
        self._metrics.update(metrics)

    @property
    def metrics(self) -> dict[str, Any]:
        """The last value of every metric so far."""
        return self._metrics

    def forget_metrics(self) -> None:
        """What was measured is true no more; new measurements follow."""
        self._metrics.clear()

    def set_status(self, status: RunStatus, error: str = "") -> None:
        """Change the state of the run, at once; a full disk is reported, not raised."""
        self._status, self._error = status, error
        self._write_status()

    def hold_reserve(self) -> None:
        """Set bytes aside for bad times; raises `OSError` when there are not enough."""
        self._directory.reserve()

    def release_reserve(self) -> None:
        """Give the reserved bytes back, so that a status can be written on a full disk."""
        self._directory.reserve_path.unlink(missing_ok=True)

    def close(self, status: RunStatus, error: str = "") -> None:
        """Write what is left, the last status, and stop the heartbeat."""
        self._closing.set()
        if self._clerk.is_alive():
            self._clerk.join()
        self.release_reserve()
        try:
            self._log.close()
        except OSError as problem:
            print(f"The log could not be completed: {problem}", flush=True)
            error = error or f"The log could not be completed ({problem.strerror})."
        self.set_status(status, error or self._error)  # one held for want of room keeps saying so
        if self._keeper is not None:
            self._keeper.finish()

    def beat(self) -> None:
        """What is done once a second: sync the log, renew the status, look after the run. For whom
        nobody has begun a heartbeat."""
        try:
            self._log.sync()
        except OSError as problem:  # the next flush meets the same disk and holds the run
            print(f"sync: {problem}", flush=True)
        self._write_status()
        self._look_after()

    def _beat(self) -> None:
        while not self._closing.wait(_HEARTBEAT):
            self.beat()

    def _look_after(self) -> None:
        try:
            self.each_second()
        except (OSError, TuiLabError) as problem:  # the next second may find it mended
            print(f"upkeep: {problem}", flush=True)
            if self._keeper is not None:
                self._keeper.look()

    def _write_status(self) -> None:
        with self._lock:  # around all of it, so that an older record never replaces a newer one
            record = StatusRecord(
                status=self._status,
                pid=os.getpid(),
                host=host_name(),
                step=self._step,
                epoch=self._epoch,
                heartbeat=time.time(),
                metrics=dict(self._metrics),
                error=self._error,
                changed=dict(self._changed),
                inode=self._inode,
            )
            try:
                self._replace(record)
            except OSError as problem:  # liveness does not hang on it: the lock is held
                print(f"status.json: {problem}", flush=True)

    def _replace(self, record: StatusRecord) -> None:
        try:
            self._directory.write_status(record)
        except OSError:
            if not record.error:
                raise
            self.release_reserve()  # this is what it was kept for
            self._directory.write_status(record)


def _check_columns(event: MetricsLogged) -> None:
    lengths = {key: len(column) for key, column in event.columns.items()}
    of_steps = {len(event.steps)} if len(event.steps) else set()
    if len({*lengths.values(), *of_steps}) > 1:
        raise ValueError(f"a block of metrics has columns of several lengths: {lengths}")
