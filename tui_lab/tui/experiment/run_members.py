"""The runs that trained with the one shown, as one population: how they are spread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tui_lab.experiment import Experiment
from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:  # numpy comes with these, and the first paint must not wait for it
    from tui_lab.tui.experiment.run_feed import RunFeed
    from tui_lab.view_models.member_curves import MemberCurves

MOST = 256
"""Members that are followed: of more, so many at even distances."""
_BUDGET = 0.015
"""Seconds of reading at a time."""
_PAUSE = 1.0
"""Seconds between two bands while members go on."""


class RunMembers:
    """Follows the members of one population, once somebody wants to see them."""

    def __init__(
        self,
        session: Session,
        experiment: Experiment,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._session = session
        self._experiment = experiment
        self._clock = clock
        self._feeds: list[RunFeed] = []
        self._count = 0
        self._next = 0
        self._changed = False
        self._told = 0.0
        self.curves: MemberCurves | None = None
        """Their spread; None while it is not shown, or nothing is read yet."""

    @property
    def shown(self) -> bool:
        """Whether somebody wants to see them."""
        return bool(self._feeds)

    def show(self, run_id: str) -> None:
        """Follow the members of the population of a run; raises `TuiLabError`."""
        from tui_lab.tui.experiment.run_feed import RunFeed  # with numpy: after the first paint

        ids = self._session.runs.members(run_id)
        self._count = len(ids)
        for name in _some(ids):
            source = self._session.runs.tail(name)
            self._feeds.append(RunFeed(name, source, self._experiment))

    def clear(self) -> None:
        """Show the run alone."""
        self._feeds, self._next, self._count, self.curves = [], 0, 0, None

    @property
    def awaits_more(self) -> bool:
        """Whether one of the logs may still have something to say."""
        return any(not feed.is_complete for feed in self._feeds)

    @property
    def words(self) -> str:
        """What is drawn, for the status line; empty while nothing is."""
        if not self._feeds:
            return ""
        read = sum(feed.caught_up for feed in self._feeds)
        if read < len(self._feeds):
            return f"{read:,} of {len(self._feeds):,} members read"
        of = f" of {self._count:,}" if self._count > len(self._feeds) else ""
        what = f"median and 5–95 % of {len(self._feeds):,}{of} members"
        return f"{what}, {{chart.band=B}} takes them off"

    def read(self) -> None:
        """Read on in some of the logs, the others the next time."""
        end = self._clock() + _BUDGET
        for _ in self._feeds:
            feed = self._feeds[self._next % len(self._feeds)]
            self._next += 1
            self._changed |= feed.read()
            if self._clock() >= end:
                break
        if self._changed and self._due:
            self._tell()

    @property
    def _due(self) -> bool:
        """A band of those that happened to be read first is none of all: the first waits for each
        of them, and the next for a while."""
        if self.curves is None:
            return all(feed.caught_up for feed in self._feeds)
        return not self.awaits_more or self._clock() >= self._told + _PAUSE

    def _tell(self) -> None:
        from tui_lab.view_models.member_curves import MemberCurves  # as above

        self._changed, self._told = False, self._clock()
        views = [feed.view for feed in self._feeds]
        revision = self.curves.revision + 1 if self.curves else 1
        self.curves = MemberCurves(views, self._count, revision)


def _some(ids: Sequence[str]) -> Sequence[str]:
    stride = max(1, -(-len(ids) // MOST))
    return ids[::stride]
