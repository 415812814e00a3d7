"""One study as a screen follows it: how it stands, its trials, and what matters in it."""

from __future__ import annotations

from collections.abc import Mapping

from tui_lab.study import StudySummary, TrialState
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.study import StudyView

_EVERY = 5
"""Complete trials after which importance is worked out again while a study goes on."""


class StudyFeed:
    """Reads on when it is told to; `view` and `summary` are what it knows."""

    def __init__(self, session: Session, study_id: str, view: StudyView) -> None:
        self.id = study_id
        self.view = view
        self.summary: StudySummary = session.studies.summary(study_id)
        self.importance: Mapping[str, float] = {}
        self._session = session
        self._source = session.studies.follow(study_id)
        self._weighed = (-1, False)
        """Complete trials when importance was worked out last, and whether that was all."""

    async def read(self) -> bool:
        """Read on; whether anything stands otherwise than before. Raises `RunError`."""
        before = self.summary
        self.summary, trials = await self._source.read()
        return self.view.take(trials) or self.summary != before

    @property
    def can_resume(self) -> bool:
        """Whether there is more of it to do, and nobody does it."""
        return self.summary.can_go_on

    @property
    def wants_weighing(self) -> bool:
        """Whether enough has come since importance was worked out last."""
        count, done = self.view.counts.get(TrialState.COMPLETE, 0), not self.summary.live
        if (count, done) == self._weighed:
            return False
        return done or count >= max(self._weighed[0], 0) + _EVERY

    async def weigh(self) -> None:
        """Work importance out again; raises `TuiLabError`."""
        self._weighed = self.view.counts.get(TrialState.COMPLETE, 0), not self.summary.live
        self.importance = await self._session.studies.importance(self.id)
