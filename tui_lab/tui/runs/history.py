"""Every run ever made, read behind the screen's back: what is known is there, the rest fills in."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

_MANY = 100
"""Runs that come at a time only when a history is first read."""


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

    async def read(self) -> AsyncIterator[Sequence[RunSummary]]:
        """Look at all runs, with a turn whenever more of them are known, which gives those that are
        new or other than before.

        Asked for while it goes on, it begins again at its end instead.
        """
        self._is_wanted = True
        if self._is_reading:
            return
        self._is_reading = True
        try:
            while self._is_wanted:
                self._is_wanted = False
                async for changed in self._look():
                    yield changed
        finally:
            self._is_reading = False

    async def _look(self) -> AsyncIterator[Sequence[RunSummary]]:
        """One look; what it finds replaces what was known, what it does not find is gone."""
        found: set[str] = set()
        are_many = False
        async for some in self._session.runs.listed():
            found.update(run.id for run in some)
            changed = [run for run in some if self.runs.get(run.id) is not run]
            if changed:
                self._keep(changed)
                yield changed
                if len(changed) >= _MANY:
                    _let_stay()
                    are_many = True
        if not self.runs.keys() <= found:  # another mapping: who looks at this one still may
            self.runs = {name: run for name, run in self.runs.items() if name in found}
        self.is_complete = True
        yield ()
        if are_many:
            _let_stay()

    def _keep(self, changed: Sequence[RunSummary]) -> None:
        """Put them in their places. Those that are older than all the others, as they come when a
        history is first read, and those that were there already, move nothing."""
        last = next(reversed(self.runs.values())) if self.runs else None
        is_ordered = True
        for run in changed:
            known = self.runs.get(run.id)
            if known is None:
                is_ordered &= last is None or _place(run) < _place(last)
                last = run
            else:
                is_ordered &= known.created == run.created
            self.runs[run.id] = run
        if not is_ordered:
            ordered = sorted(self.runs.values(), key=_place, reverse=True)
            self.runs = {run.id: run for run in ordered}


def _let_stay() -> None:
    """Have no collection of garbage look through all that there is now, for longer than a key may
    wait: the runs stay, and what was made of them."""
    gc.freeze()


def _place(run: RunSummary) -> tuple[datetime, str]:
    return run.created, run.id
