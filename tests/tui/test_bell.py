"""The bell rings once for each end, failure and alarm of a run begun here, and only where asked."""

from __future__ import annotations

import dataclasses

import pytest

from tests.tui.fakes import TOY, FakeSession, summary
from tests.tui.places import LIVE, told, until
from tui_lab.config import Settings
from tui_lab.run import RunStatus
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.bell import RunNews


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (RunStatus.FINISHED, "", "has finished."),
        (RunStatus.FAILED, "It broke.", "failed: It broke."),
        (RunStatus.CRASHED, "", "crashed: its worker vanished."),
        (RunStatus.STOPPED, "", ""),
        (RunStatus.PAUSED, "", ""),
    ],
)
def test_an_end_is_said_once(
    session: FakeSession, status: RunStatus, error: str, sentence: str
) -> None:
    news = RunNews(session)
    run_id = session.start(TOY, TOY.defaults, 0, "cpu")
    assert news.since() == []
    live = session.summary(run_id)
    session.put(dataclasses.replace(live, status=status, error=error))
    assert news.since() == [f"{run_id} {sentence}"] * bool(sentence)
    assert news.since() == []


def test_every_alarm_is_said_once(session: FakeSession) -> None:
    news = RunNews(session)
    run_id = session.start(TOY, TOY.defaults, 0, "cpu")
    live = session.summary(run_id)
    for metrics, said in [
        ({"step/first_inf": 17}, [f"{run_id} diverged at step 17."]),
        ({"step/first_inf": 17, "step/first_nan": 1900}, []),
        ({"step/first_inf": 17, "step/first_nan": 1900}, []),
    ]:
        session.put(dataclasses.replace(live, metrics=metrics))
        assert news.since() == said


def test_nothing_is_said_of_runs_begun_elsewhere_or_deleted(session: FakeSession) -> None:
    news = RunNews(session)
    session.put(dataclasses.replace(LIVE, status=RunStatus.FAILED))
    session.own.add(summary(9).id)
    assert news.since() == []


@pytest.mark.parametrize("bell", [True, False])
async def test_it_rings_where_it_was_asked_for(monkeypatch: pytest.MonkeyPatch, bell: bool) -> None:
    session = FakeSession(settings=Settings(bell=bell))
    app = TuiLabApp(session)
    rung = list[str]()
    monkeypatch.setattr(app, "bell", lambda: rung.append("ding"))
    ended = summary(3)
    session.put(ended)
    session.own.add(ended.id)
    async with app.run_test() as pilot:
        if bell:
            await until(pilot, lambda: told(app) == [f"{ended.id} has finished."])
            assert rung == ["ding"]
        else:
            polls = session.calls.count(("poll",))
            await until(pilot, lambda: session.calls.count(("poll",)) > polls)
            assert (rung, told(app)) == ([], [])
