"""Protects what a follower posts, and when: a run that is opened, each change of its state or of a
value, once; and that the run's own record is read once, not at every change."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from tests.tui.experiment.parts import Parts
from tests.tui.fakes import summary
from tests.tui.opened import CHANGED, FINISHED, MEASURED
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.experiment.follower import RunFollower


def test_before_a_run_there_is_nothing_to_follow() -> None:
    parts = Parts()
    parts.run.look()
    parts.run.inquire()
    assert (parts.run.id, parts.run.status, parts.run.values, parts.posted) == ("", None, {}, [])
    assert not parts.run.is_live
    assert not parts.run.awaits_more


def test_a_run_that_is_opened_is_posted_with_what_it_holds() -> None:
    parts = Parts(MEASURED, CHANGED)
    parts.run.open(parts.id)
    (opened,) = parts.posted
    assert isinstance(opened, RunFollower.Opened)
    assert opened.feed is parts.run.feed
    assert [mark.name for mark in opened.feed.view.marks] == ["weight_decay"]
    assert parts.run.values["weight_decay"] == 10.0
    assert parts.run.values["seed"] == 0
    assert parts.run.values["device"] == "auto"


def test_a_look_that_brings_nothing_posts_nothing() -> None:
    parts = Parts(MEASURED).open()
    parts.run.look()
    parts.run.inquire()
    assert parts.posted == []


def test_the_first_point_is_said_to_be_one() -> None:
    parts = Parts().open()
    firsts = []
    for value in (0.2, 0.3):
        parts.session.record(parts.id, MEASURED, replace(CHANGED, new=value))
        parts.run.look()
        (changed,) = parts.posted
        assert isinstance(changed, RunFollower.Changed)
        firsts.append(changed.first_point)
        parts.posted.clear()
    assert firsts == [True, False]


def test_the_record_of_a_run_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = Parts().open()
    monkeypatch.setattr(parts.session, "summary", never)
    parts.session.record(parts.id, CHANGED)
    parts.run.look()
    assert parts.kinds == [RunFollower.Changed]
    assert parts.run.values["weight_decay"] == 10.0


def never(run_id: str) -> RunSummary:
    """A session that is asked too much."""
    raise AssertionError(f"{run_id} was read again")


def test_after_the_last_event_nothing_more_is_awaited() -> None:
    parts = Parts(FINISHED).open()
    parts.run.look()
    assert parts.run.status is RunStatus.FINISHED
    assert not parts.run.awaits_more


def test_a_worker_that_has_vanished_is_posted_with_the_reason() -> None:
    parts = Parts().open()
    gone = dataclasses.replace(
        parts.session.summary(parts.id), status=RunStatus.CRASHED, live=False, error="It broke."
    )
    parts.session.put(gone)
    parts.run.inquire()
    assert parts.kinds == [RunFollower.Changed]
    assert parts.run.crash == "It broke."


def test_the_crash_of_one_run_is_not_that_of_the_next() -> None:
    parts = Parts()
    broken = summary(7, status=RunStatus.CRASHED, error="It broke.")
    parts.session.put(broken)
    parts.run.open(broken.id)
    crashes = [parts.run.crash]
    parts.open()
    assert [*crashes, parts.run.crash] == ["It broke.", ""]


def test_a_value_that_is_none_is_told_and_the_run_is_shown() -> None:
    parts = Parts()
    wrong = dataclasses.replace(parts.session.summary(parts.id), hyperparameters={"lr": "fast"})
    parts.session.put(wrong)
    parts.run.open(parts.id)
    assert parts.kinds == [RunFollower.Failed, RunFollower.Opened]
    assert parts.run.values == {}
