"""What the worker of a long run keeps beside its log, so that opening it need not read the log."""

from __future__ import annotations

from pathlib import Path

from tui_lab.experiment import Experiment
from tui_lab.history import History
from tui_lab.runs.kept import LEAST
from tui_lab.view_models.run import RunView

_MOST_SERIES = 64
"""A hundred megabytes of the worker's memory, in a run that is long enough."""


class Keeper:
    """A reader of the run's own log. It folds what was written, in the thread that calls, and does
    nothing at all while the log is short."""

    def __init__(self, log: Path, experiment: Experiment) -> None:
        self._log = log
        self._experiment = experiment
        self._history = History(log)
        self._view: RunView | None = None
        self._given_up = False

    def look(self) -> None:
        """Fold what has been written since the last time, and keep it now and then."""
        if self._given_up:
            return
        try:
            if self._log.stat().st_size >= LEAST:
                self._fold()
        except Exception as problem:  # what is derived must harm neither heartbeat nor run
            self._give_up(f"{type(problem).__name__}: {problem}")

    def finish(self) -> None:
        """The log is complete: keep all of it."""
        self._history.settle()
        self.look()

    def _fold(self) -> None:
        if self._view is None:
            self._view = self._history.view(self._experiment)
        for event in self._history:
            self._view.fold(event)
        if len(self._view.series) > _MOST_SERIES:
            self._give_up(f"{len(self._view.series):,} metrics would take too much memory")
        else:
            self._history.keep(self._view)

    def _give_up(self, reason: str) -> None:
        print(f"Nothing more is kept beside the log ({reason}).", flush=True)
        self._given_up, self._view = True, None
