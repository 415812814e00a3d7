"""The logs of the runs that are compared, read in turns while they grow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.tui.experiment.run_feed import RunFeed
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.comparison.compared import ComparedRun, short_names

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary


class RunFeeds:
    """Any number of runs in the order in which they were chosen."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._runs: dict[str, tuple[RunSummary, RunFeed]] = {}

    def open(self, run_ids: Iterable[str]) -> list[str]:
        """Follow these runs instead of the ones before; a sentence for each that can't be."""
        self._runs, sentences = {}, []
        for run_id in run_ids:
            try:
                summary = self._session.runs.summary(run_id)
                if not summary.readable:
                    sentences.append(summary.error)
                    continue
                source = self._session.runs.tail(run_id)
                feed = RunFeed(run_id, source, self._experiment(summary))
            except TuiLabError as error:
                sentences.append(str(error))
                continue
            feed.inquire(self._session)
            self._runs[run_id] = summary, feed
        return sentences

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def ids(self) -> list[str]:
        """The runs that are followed."""
        return list(self._runs)

    @property
    def awaits_more(self) -> bool:
        """Whether one of the logs may still have something to say."""
        return any(not feed.is_complete for _, feed in self._runs.values())

    @property
    def statuses(self) -> list[RunStatus]:
        """The state of each run."""
        return [feed.status for _, feed in self._runs.values()]

    @property
    def state(self) -> tuple[object, ...]:
        """Another one whenever there is something else to see."""
        feeds = [feed for _, feed in self._runs.values()]
        return tuple((feed.run_id, feed.view.revision, feed.status, feed.error) for feed in feeds)

    def read(self) -> None:
        """Read on in the first log that is behind; in all of them once none is."""
        feeds = [feed for _, feed in self._runs.values()]
        behind = [feed for feed in feeds if not feed.caught_up]
        for feed in behind[:1] or feeds:
            feed.read()

    def inquire(self) -> None:
        """Ask whether the workers are there: that one has vanished no log can tell."""
        for _, feed in self._runs.values():
            if not feed.is_complete:
                feed.inquire(self._session)

    def runs(self) -> tuple[ComparedRun, ...]:
        """Each run as it stands."""
        names = short_names([summary for summary, _ in self._runs.values()])
        return tuple(
            ComparedRun(name, summary, feed.view, not feed.status.is_finished, feed.error)
            for name, (summary, feed) in zip(names, self._runs.values(), strict=True)
        )

    def _experiment(self, run: RunSummary) -> Experiment | None:
        if run.declared is not None:
            return run.declared
        try:
            return self._session.experiment(self._session.place_of(run))
        except TuiLabError:
            return None  # gone or broken: its numbers are still there
