"""A run's past as a view: folded from its log, or from what was kept of a long one on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tui_lab.events import RunEvent
from tui_lab.experiment import Experiment
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.kept import LEAST, Kept, read_kept, write_kept
from tui_lab.runs.tail import RunTail
from tui_lab.view_models.memory import recalled, remembered
from tui_lab.view_models.run import RunView

_SLICE = 1 << 20
"""Bytes of log read at a time: a long log leaves room for keys between two slices."""
_STRIDE = 8 << 20
"""Bytes of log between two times that something is kept of a run that goes on."""


class History:
    """The log of one run, each of whose events is handed out once.

    `settled` says that nobody writes it any more. Ask for the `view` first: a long log begins
    behind what the view already holds.
    """

    def __init__(self, log: Path, *, settled: bool = False) -> None:
        self._log = log
        self._settled = settled
        self._tail = RunTail(log, settled=settled)
        self._kept = 0

    @property
    def damage(self) -> dict[str, int]:
        """Lines passed over so far, by what was wrong with them."""
        return dict(self._tail.damage)

    def view(self, experiment: Experiment | None) -> RunView:
        """The view into which what `read` gives is to be folded."""
        kept = read_kept(self._log)
        if kept is None:
            return RunView(experiment)
        try:
            points = [np.frombuffer(array, "<f8").reshape(3, -1) for array in kept.arrays]
            view = recalled(kept.data, points, experiment)
        except ValueError:
            return RunView(experiment)
        self._tail = RunTail(self._log, settled=self._settled, place=kept.place)
        self._kept = kept.place.offset
        return view

    def read(self) -> list[RunEvent]:
        """What came since the last call, from one slice of the log; empty when there is nothing
        more for now. Raises `RunUnreadable`."""
        return self._tail.read(_SLICE)

    def __iter__(self) -> Iterator[RunEvent]:
        return iter(self._tail)

    def keep(self, view: RunView) -> None:
        """Keep the view, into which all was folded that was read, for the next reader of a long
        log. It can be made again: where it can't be written, it is not."""
        offset = self._tail.offset
        due = LEAST if self._settled else max(LEAST, self._kept + _STRIDE)
        if offset < due or offset == self._kept:
            return
        if self.damage and view.ended is None:
            return  # a hole may yet be filled, by a worker that only seemed to be gone
        self._kept = offset
        data, points = remembered(view)
        arrays = [np.ascontiguousarray(rows, "<f8").tobytes() for rows in points]
        try:
            write_kept(self._log, Kept(self._tail.place, data, arrays))
        except (OSError, TypeError):
            return

    def settle(self, settled: bool = True) -> None:
        """From now on nobody writes the log; or somebody does again."""
        self._settled = self._tail.settled = settled


def folded(run: RunDirectory, experiment: Experiment | None) -> RunView:
    """All that a run's log says; raises `RunUnreadable` when it can't be read."""
    history = History(run.events_path, settled=run.status().is_finished)
    view = history.view(experiment)
    for event in history:
        view.fold(event)
    history.keep(view)
    view.note_damage(history.damage)
    return view
