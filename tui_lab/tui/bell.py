"""What the bell rings for: the end, a failure or an alarm of a run that was begun here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui_lab.errors import TuiLabError
from tui_lab.run import RunStatus
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.divergence import diverged_at, diverged_words

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

_FAILED = (RunStatus.FAILED, RunStatus.CRASHED)


class RunNews:
    """Looks at the runs that a session began, whatever screen one is at; says each thing once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._said: set[str] = set()
        self._over: set[str] = set()

    def since(self) -> list[str]:
        """A sentence for each thing that has happened since the last call."""
        return [sentence for run in self._going_on() for sentence in self._of(run)]

    def _going_on(self) -> Iterator[RunSummary]:
        """The runs that had not ended at the last look."""
        for run_id in sorted(set(self._session.runs.own) - self._over):
            try:
                run = self._session.runs.summary(run_id)
            except TuiLabError:  # deleted, or not to be read: there is no more to say of it
                self._over.add(run_id)
                continue
            if run.status.is_finished:
                self._over.add(run_id)
            yield run

    def _of(self, run: RunSummary) -> Iterator[str]:
        if (words := diverged_words(diverged_at(run.metrics))) and run.id not in self._said:
            self._said.add(run.id)
            yield f"{run.id} {words}."
        if run.status in _FAILED:
            yield f"{run.id} {run.status}: {run.error or 'its worker vanished.'}"
        elif run.status is RunStatus.FINISHED:  # who stops one knows
            yield f"{run.id} has finished."
