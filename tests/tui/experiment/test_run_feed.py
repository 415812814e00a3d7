"""Protects the reading of a run for the screen: what was kept of a long log is taken, what had to
be read whole is kept once, and nobody waits for a worker that is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.fakes import FakeSession, FakeSource, summary
from tests.tui.opened import FINISHED, MEASURED, STARTED
from tui_lab import history
from tui_lab.events import RunEvent, RunFinished, RunResumed
from tui_lab.history import History
from tui_lab.run import RunStatus
from tui_lab.runs.kept import kept_path
from tui_lab.runs.log import RunLog
from tui_lab.tui.experiment.run_feed import RunFeed
from tui_lab.view_models.run import RunView

WHOLE: list[RunEvent] = [STARTED, MEASURED, FINISHED]


def feed_on(source: FakeSource | History, status: RunStatus) -> RunFeed:
    """A feed that has asked after its worker."""
    run = summary(1, status=status)
    feed = RunFeed(run.id, source, None)
    feed.inquire(FakeSession(runs=[run]))
    return feed


class Folds(RunView):
    """Counts what it had to fold."""

    folded = 0

    def fold(self, event: RunEvent) -> None:
        self.folded += 1
        super().fold(event)


@pytest.mark.parametrize(("status", "kept"), [(RunStatus.FINISHED, 1), (RunStatus.RUNNING, 0)])
def test_an_ended_run_is_kept_once_and_a_live_one_by_its_worker(
    status: RunStatus, kept: int
) -> None:
    source = FakeSource(WHOLE)
    feed = feed_on(source, status)
    for _ in range(3):
        feed.read()
    assert feed.is_complete
    assert source.kept == kept


def write(path: Path) -> None:
    log = RunLog(path)
    for event in WHOLE:
        log.append(event)
    log.close()


def test_what_was_kept_is_not_folded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "LEAST", 1)
    path = tmp_path / "events.jsonl"
    write(path)
    feed_on(History(path), RunStatus.FINISHED).read()
    assert kept_path(path).exists()
    monkeypatch.setattr("tui_lab.view_models.memory.RunView", Folds)
    feed = feed_on(History(path), RunStatus.FINISHED)
    feed.read()
    view = feed.view
    assert isinstance(view, Folds)
    assert (view.folded, view.step) == (0, 400)
    assert isinstance(view.ended, RunFinished)
    assert feed.is_complete


def test_what_a_dead_worker_left_half_written_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path)
    path.write_bytes(path.read_bytes()[:-5])
    live, crashed = (feed_on(History(path), s) for s in (RunStatus.RUNNING, RunStatus.CRASHED))
    live.read()
    crashed.read()
    assert (live.view.damage, crashed.view.damage) == ({}, {"torn": 1})


def test_a_run_that_had_ended_is_read_on_once_it_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path)
    feed = feed_on(History(path), RunStatus.FINISHED)
    feed.read()
    assert (feed.is_complete, feed.status) == (True, RunStatus.FINISHED)

    feed.inquire(FakeSession(runs=[summary(1, status=RunStatus.PENDING)]))
    assert (feed.is_complete, feed.status) == (False, RunStatus.PENDING)
    assert not feed.read()
    log = RunLog(path)
    log.append(RunResumed(t=1.0, step=100, from_step=100))
    log.append(STARTED)
    log.close()
    assert feed.read()
    assert (feed.view.step, feed.status) == (100, RunStatus.RUNNING)

    log = RunLog(path)
    log.append(FINISHED)
    log.close()
    feed.inquire(FakeSession(runs=[summary(1, status=RunStatus.FINISHED)]))
    feed.read()
    feed.inquire(FakeSession(runs=[summary(1, status=RunStatus.FINISHED)]))
    assert feed.is_complete


def test_a_worker_that_is_about_to_leave_takes_nothing_up(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path)
    feed = feed_on(History(path), RunStatus.RUNNING)
    feed.read()
    feed.inquire(FakeSession(runs=[summary(1, status=RunStatus.RUNNING)]))
    assert (feed.is_complete, feed.status) == (True, RunStatus.FINISHED)


def test_a_run_that_nobody_takes_up_in_the_end_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path)
    feed = feed_on(History(path), RunStatus.FINISHED)
    feed.read()
    for status in (RunStatus.PENDING, RunStatus.FINISHED):
        feed.inquire(FakeSession(runs=[summary(1, status=status)]))
        feed.read()
    assert (feed.is_complete, feed.status) == (True, RunStatus.FINISHED)
