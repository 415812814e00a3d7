"""How the lab ends: asked to, told to by a signal, or by an error of its own, which is kept."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from textual.widgets import Static

from tests.tui.fakes import FakeSession, summary
from tests.tui.places import LIVE, until
from tui_lab.run import RunStatus
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.dialogs.quit import QuitDialog
from tui_lab.tui.start import crash_sentence

ELSEWHERE = summary(2, status=RunStatus.RUNNING)
ELSE = "Begun elsewhere, left alone:"


async def test_without_live_runs_q_ends_the_lab(session: FakeSession) -> None:
    session.put(summary(1))
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        await pilot.press("q")
        await pilot.pause()
        assert app.return_value == 0


@pytest.mark.parametrize(("key", "stopped"), [("l", False), ("s", True)])
async def test_with_a_live_run_q_asks_and_then_ends_the_lab(
    session: FakeSession, key: str, stopped: bool
) -> None:
    session.put(LIVE)
    session.put(ELSEWHERE)
    session.own.add(LIVE.id)
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, QuitDialog))
        lines = str(app.screen.query_one("#lines", Static).content).splitlines()
        assert lines == [f"●\u00a0{LIVE.id}", "", ELSE, f"●\u00a0{ELSEWHERE.id}"]
        await pilot.press(key)
        await until(pilot, lambda: app.return_value is not None)
        assert app.return_value == 0
        assert (("stop", LIVE.id) in session.calls) is stopped
        assert ("stop", ELSEWHERE.id) not in session.calls


async def test_runs_begun_elsewhere_are_no_question(session: FakeSession) -> None:
    session.put(ELSEWHERE)
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        await pilot.press("q")
        await until(pilot, lambda: app.return_value is not None)
        assert not any(call[0] == "stop" for call in session.calls)


async def test_sigterm_ends_the_lab(session: FakeSession) -> None:
    session.put(LIVE)
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        os.kill(os.getpid(), signal.SIGTERM)
        await until(pilot, lambda: app.return_value is not None)
        assert app.return_value == 0
        assert not any(call[0] == "stop" for call in session.calls)


async def test_an_error_of_its_own_ends_the_lab_and_is_kept(session: FakeSession) -> None:
    app = TuiLabApp(session)

    with pytest.raises(ZeroDivisionError):
        await _broken(app)
    assert isinstance(app.crash, ZeroDivisionError)


def test_an_error_of_its_own_is_one_sentence_and_a_file(tmp_path: Path) -> None:
    error = ValueError("bad [red]thing[/red]\x1b[2J")
    sentence = crash_sentence(error, tmp_path)
    assert "The lab broke (ValueError: bad [red]thing[/red] [2J); runs go on" in sentence
    assert str(tmp_path / "crash.log") in sentence
    assert "ValueError" in (tmp_path / "crash.log").read_text()


def test_a_home_that_can_not_be_written_does_not_hide_the_error(tmp_path: Path) -> None:
    sentence = crash_sentence(ValueError("x"), tmp_path / "missing")
    path = Path(sentence.rpartition(" ")[2].rstrip("."))
    assert "ValueError: x" in path.read_text()


async def _broken(app: TuiLabApp) -> None:
    """Run the app until an error that nobody expected ends it."""

    def fail() -> None:
        raise ZeroDivisionError("by nothing")

    async with app.run_test() as pilot:
        app.call_later(fail)
        await pilot.pause()
