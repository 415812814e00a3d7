"""Every run ever made, read behind the screen's back: what is known is there, the rest fills in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary


class RunHistory:
    """The runs as they were when they were last looked at."""

    def __init__(self, session: Session) -> None:
        self.runs: dict[str, RunSummary] = {}
        """By name, newest first."""
        self.is_complete = False
        """Whether all of them have been read once."""
        self._session = session
        self._is_reading = False
        self._is_wanted = False

    async def read(self) -> AsyncIterator[None]:
        """Look at all runs, with a turn whenever more of them are known.

        Asked for while it goes on, it begins again at its end instead.
        """
        self._is_wanted = True
        if self._is_reading:
            return
        self._is_reading = True
        try:
            while self._is_wanted:
                self._is_wanted = False
                async for _ in self._look():
                    yield
        finally:
            self._is_reading = False

    async def _look(self) -> AsyncIterator[None]:
        """One look; what it finds replaces what was known, what it does not find is gone."""
        found: set[str] = set()
        async for some in self._session.runs.listed():
            found |= {run.id for run in some}
            self._keep({**self.runs, **{run.id: run for run in some}})
            yield
        self._keep({name: run for name, run in self.runs.items() if name in found})
        self.is_complete = True
        yield

    def _keep(self, runs: dict[str, RunSummary]) -> None:
        ordered = sorted(runs.values(), key=lambda run: (run.created, run.id), reverse=True)
        self.runs = {run.id: run for run in ordered}
