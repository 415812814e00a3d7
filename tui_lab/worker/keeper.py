"""What the worker of a long run keeps beside its log, so that opening it need not read the log."""

from __future__ import annotations

from pathlib import Path

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.history import History
from tui_lab.runs.kept import LEAST
from tui_lab.view_models.run import RunView


class Keeper:
    """A reader of the run's own log. It folds what was written, in the thread that calls, and does
    nothing at all while the log is short."""

    def __init__(self, log: Path, experiment: Experiment) -> None:
        self._log = log
        self._experiment = experiment
        self._history = History(log)
        self._view: RunView | None = None

    def look(self) -> None:
        """Fold what has been written since the last time, and keep it now and then."""
        try:
            if self._log.stat().st_size < LEAST:
                return
            if self._view is None:
                self._view = self._history.view(self._experiment)
            for event in self._history:
                self._view.fold(event)
            self._history.keep(self._view)
        except (OSError, TuiLabError) as problem:  # what is derived never harms the run
            print(f"nothing is kept of the log: {problem}", flush=True)

    def finish(self) -> None:
        """The log is complete: keep all of it."""
        self._history.settle()
        self.look()
