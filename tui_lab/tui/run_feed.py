"""The log of one run, folded into what a screen shows while it grows."""

from __future__ import annotations

import time
from collections.abc import Callable

from tui_lab.errors import RunUnreadable
from tui_lab.experiment import Experiment
from tui_lab.tui.session import EventSource
from tui_lab.view_models.run import RunView

BUDGET = 0.015
"""Seconds of reading at a time. A long log is read in many turns, with keys served in between."""


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
        self.view = RunView(experiment)
        self.caught_up = False
        """Whether the last turn came to the end of what has been written."""
        self.error = ""
        """Why the log can't be read, if it can't."""
        self._source = source
        self._clock = clock

    @property
    def is_complete(self) -> bool:
        """Whether the run's last event has been read."""
        return self.caught_up and self.view.ended is not None

    def read(self) -> bool:
        """Fold what is there for about `BUDGET` seconds; whether anything was.

        After a run's last event there is nothing more to come, and the file is left alone.
        """
        if self.is_complete:
            return False
        end = self._clock() + BUDGET
        before = self.view.revision
        self.caught_up = False
        while not self.caught_up and self._clock() < end:
            self.caught_up = not self._read_slice()
        return self.view.revision != before

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
