"""The steps that runs have left behind: as their logs tell of them, and computed again."""

from __future__ import annotations

from tui_lab.moment import moment, past_view, recomputed
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.index import LogIndex
from tui_lab.tui.session.background import in_background
from tui_lab.view_models.run import RunView
from tui_lab.worker.past_process import PastProcess


class Past:
    """Keeps what a second look needs: an index of each log, and the process of one run."""

    def __init__(self) -> None:
        self._indices: dict[str, LogIndex] = {}
        self._process: tuple[str, PastProcess] | None = None
        """What computes a run again, and which."""

    async def look_back(self, run: RunDirectory, step: int, view: RunView) -> RunView:
        """A run as it was after a step, in a thread; raises `RunError`."""
        return await in_background(self._look_back, run, step, view)

    async def recompute(self, run: RunDirectory, past: RunView) -> None:
        """Compute a view of the past again, in a process of its own; raises `RunError`."""
        if self._process is None or self._process[0] != run.id:
            self.close()
            self._process = run.id, PastProcess(run)
        events = await in_background(self._process[1].look, past.cursor or 0)
        recomputed(past, events)

    def close(self) -> None:
        """Let go of the process."""
        if self._process is not None:
            self._process[1].close()
        self._process = None

    def _look_back(self, run: RunDirectory, step: int, view: RunView) -> RunView:
        settled = run.status().is_finished
        index = self._indices.setdefault(run.id, LogIndex())
        index.read_on(run.events_path, settled=settled)
        return past_view(view, moment(run, step, view.experiment, index=index))
