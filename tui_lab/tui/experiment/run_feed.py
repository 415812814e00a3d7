"""The log of one run, folded into what a screen shows while it grows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tui_lab.errors import RunUnreadable, TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.tui.session.protocol import EventSource, Session

BUDGET = 0.015
"""Seconds of reading at a time. A long log is read in many turns, with keys served in between."""


_LOGGED_ENDS = (RunStatus.FINISHED, RunStatus.FAILED)
"""What no run is without having had a last event in its log."""


class Standing(NamedTuple):
    """What knobs and keys depend on."""

    status: RunStatus
    changed: Mapping[str, Any]
    """The values of hyperparameters that were changed live, and not taken back since."""
    measured: bool
    """Whether there is a first point."""
    diverged: bool = False
    """Whether something stopped being a finite number."""
    found: int = 0
    """How often more was found of a script's training."""


class RunFeed:
    """Reads a run's log in turns; `view` is its state so far."""

    def __init__(
        self,
        run_id: str,
        source: EventSource,
        experiment: Experiment | None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.run_id = run_id
        self.view = source.view(experiment)
        self.caught_up = False
        """Whether the last turn came to the end of what has been written."""
        self.error = ""
        """Why the log can't be read, if it can't."""
        self.reported: RunStatus | None = None
        """What `inquire` was told last."""
        self._goes_on = False
        self._source = source
        self._clock = clock

    @property
    def status(self) -> RunStatus:
        """The run's state; a worker that has vanished counts, once its whole log is read."""
        said, reported = self.view.status, self.reported
        if self._goes_on and reported is not None:
            return reported
        if said.is_finished or reported is None or not (self.caught_up and reported.is_finished):
            return said
        return reported

    def inquire(self, session: Session) -> None:
        """Ask whether the worker is there: that it has vanished no log can tell, nor that a run
        which has ended is being taken up."""
        before, reported = self.reported, self._ask(session)
        # A worker that has just written its last event says for a moment that it runs.
        was_over = reported is RunStatus.PENDING or (before is not None and before.is_finished)
        ended = self.view.ended is not None
        self._goes_on = ended and was_over and not reported.is_finished
        self.reported = reported
        self._source.settle(reported.is_finished)

    def _ask(self, session: Session) -> RunStatus:
        try:
            return session.runs.status(self.run_id)
        except TuiLabError:
            return RunStatus.CRASHED  # its directory is gone or torn

    @property
    def standing(self) -> Standing:
        """Where the run stands."""
        view = self.view
        measured, diverged = view.measurements.has_points, view.diverged is not None
        return Standing(self.status, dict(view.changed), measured, diverged, view.watched.count)

    @property
    def is_complete(self) -> bool:
        """Whether the run's last event has been read."""
        return self.caught_up and self.view.ended is not None and not self._goes_on

    def read(self) -> bool:
        """Fold what is there for about `BUDGET` seconds; whether anything was.

        After a run's last event there is nothing more to come, and the file is left alone, until
        the run is taken up.
        """
        if self.is_complete:
            return False
        end = self._clock() + BUDGET
        before = self.view.revision
        self.caught_up = False
        while not self.caught_up and self._clock() < end:
            self.caught_up = not self._read_slice()
        if self.caught_up:
            self._take_stock()
        return self.view.revision != before

    def _take_stock(self) -> None:
        """All that there is has been read: say what is not there; and keep it, unless it was live
        before, as its worker has done so."""
        if self.reported is not None and self.reported.is_finished:
            self._source.keep(self.view)
        damage = dict(self._source.damage)
        self._goes_on = self._goes_on and self.view.ended is not None
        if self.view.ended is None and self.reported in _LOGGED_ENDS and not damage.get("torn"):
            damage["missing at the end"] = 1
        self.view.note_damage(damage)

    def _read_slice(self) -> bool:
        try:
            events = self._source.read()
        except RunUnreadable as error:
            self.error = str(error)
            return False
        self.error = ""
        for event in events:
            self.view.fold(event)
        return bool(events)
