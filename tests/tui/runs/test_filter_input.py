"""The filter offers names and values, takes one at a key, and gets in nobody's way otherwise."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from tests.tui.fakes import FakeSession, summary
from tests.tui.listed import Opened, at_runs, ids
from tests.tui.places import until

A = summary(1, hyperparameters={"lr": 0.1, "weight_decay": 3.0}, tags=("good",))
B = summary(2, hyperparameters={"lr": 0.02}, tags=("good", "draft"))


@pytest.fixture
def app(session: FakeSession) -> Opened:
    """The app over two runs."""
    session.put(A)
    session.put(B)
    return Opened(session)


def offered(app: Opened) -> list[str]:
    """What stands below the filter, line by line."""
    shown = app.runs.query_one("#completion", Static)
    return [line.strip() for line in str(shown.render()).splitlines()] if shown.display else []


async def test_a_name_then_a_value_are_completed(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot, "slash", *"ta")
        await until(pilot, lambda: bool(offered(app)))
        assert offered(app) == ["tag", "status", "started", "tab takes it"]
        await pilot.press("tab")
        await until(pilot, lambda: "draft" in "".join(offered(app)))
        assert app.runs.filter_input.value == "tag:"
        assert [line.split() for line in offered(app)[:2]] == [["draft", "1"], ["good", "2"]]
        await pilot.press("down", "tab")
        await until(pilot, lambda: app.runs.filter_text == "tag:good ")
        await pilot.press(*"dr", "enter")
        await pilot.pause()
        assert app.runs.filter_text == "tag:good dr"
        assert ids(app) == [B.id]
        assert offered(app) == []
        assert app.runs.table.has_focus


async def test_nothing_is_said_to_match_before_all_is_typed(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot, "slash", *"tag:go")
        await until(pilot, lambda: bool(offered(app)))
        assert ids(app) == []
        assert not app.runs.query_one("#empty").visible
        await pilot.press("x")
        await until(pilot, lambda: not offered(app))
        assert app.runs.query_one("#empty").visible


async def test_what_is_begun_in_the_middle_is_completed_there(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot, "slash")
        field = app.runs.filter_input
        field.value = "wei>1 good"
        field.cursor_position = 3
        await until(pilot, lambda: "weight_decay" in offered(app))
        await pilot.press("tab")
        await pilot.pause()
        assert (field.value, field.cursor_position) == ("weight_decay>1 good", 12)
        assert ids(app) == [A.id]
        field.cursor_position = 0
        await until(pilot, lambda: not offered(app))


async def test_where_nothing_is_offered_the_keys_are_the_usual_ones(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot, "slash", *"zzz", "down", "up")
        assert offered(app) == []
        await pilot.press("backspace", "backspace", "backspace", "tab")
        await pilot.pause()
        assert app.runs.table.has_focus


async def test_what_is_offered_is_gone_with_the_filter(app: Opened) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await at_runs(pilot, "slash", *"wei")
        await until(pilot, lambda: bool(offered(app)))
        await pilot.press("escape")
        await until(pilot, lambda: not offered(app))
        assert app.runs.filter_text == ""
