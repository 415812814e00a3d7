"""A name, a note and tags are written on one run or on all marked ones, and nothing that was there
is lost by it; deleting names a few of many runs and leaves the live ones out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from textual.widgets import Input

from tests.tui.fakes import FakeSession, summary
from tests.tui.listed import ALL, LIVE, MIDDLE, OLD, Opened, at_runs, column, ids, settled
from tui_lab.errors import RunError, UsageError
from tui_lab.tui.runs.delete_dialog import DeleteDialog
from tui_lab.tui.runs.write_dialog import WriteDialog

NOTED = summary(1, name="first", note="one\ntwo", tags=("good", "draft"))


@pytest.fixture
def app(session: FakeSession) -> Opened:
    """The app over five runs, one of them live."""
    for run in ALL:
        session.put(run)
    return Opened(session)


async def written(pilot: Any, **texts: str) -> None:
    """Type into the fields of the dialog, and send them off."""
    dialog = pilot.app.screen
    assert isinstance(dialog, WriteDialog)
    for field, text in texts.items():
        dialog.query_one(f"#{field}", Input).value = text
    await pilot.press("enter")
    await settled(pilot)


async def test_w_writes_on_the_run_under_the_cursor(app: Opened) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "down", "w")
        await written(pilot, name="the live one", tags="good,#draft", note="a ⏎ b")
        assert column(app, "values")[1] == "“the live one”  #good  #draft"
        assert app.runs.listing.runs[LIVE.id].note == "a\nb"


async def test_what_stands_there_is_in_the_fields(session: FakeSession) -> None:
    session.put(NOTED)
    app = Opened(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "w")
        fields = [app.screen.query_one(f"#{n}", Input).value for n in ("name", "note", "tags")]
        assert fields == ["first", "one ⏎ two", "good draft"]
        await written(pilot)
        assert session.summary(NOTED.id) == NOTED
        await pilot.press("w")
        await written(pilot, name="", tags="draft new")
        after = session.summary(NOTED.id)
        assert (after.name, after.note, after.tags) == ("", "one\ntwo", ("draft", "new"))


async def test_marked_runs_get_and_lose_tags_and_keep_their_names(session: FakeSession) -> None:
    other = summary(2, tags=("draft",))
    session.put(NOTED)
    session.put(other)
    app = Opened(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "a", "w")
        await written(pilot, tags="+best -draft")
        assert [session.summary(run.id).tags for run in (NOTED, other)] == [
            ("good", "best"),
            ("best",),
        ]
        assert session.summary(NOTED.id).name == "first"
        assert session.summary(NOTED.id).note == "one\ntwo"
        assert app.told == ["Written on 2 runs."]


async def test_what_can_not_be_written_is_said_and_can_be_typed_again(app: Opened) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "w")
        dialog = app.screen
        assert isinstance(dialog, WriteDialog)
        await written(pilot, tags="a:b")
        assert dialog.is_current
        assert dialog.complaint
        await pilot.press("escape")


@pytest.mark.parametrize("error", [RunError("It can't be written."), UsageError("No.")])
async def test_a_run_that_can_not_be_written_on_says_why(
    app: Opened, session: FakeSession, error: Exception
) -> None:
    async def refuse(run_id: str, **words: Any) -> None:
        raise error

    session.annotate = refuse  # type: ignore[method-assign]
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "w")
        await written(pilot, name="x")
        assert app.told == [str(error)]


async def test_live_runs_are_left_out_of_a_deletion_and_that_is_said(
    app: Opened, session: FakeSession
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "a", "d")
        dialog = app.screen
        assert isinstance(dialog, DeleteDialog)
        assert dialog.lines[0] == f"{LIVE.id} is live and left out; t stops live runs."
        await pilot.press("y")
        await settled(pilot)
        assert ids(app) == [LIVE.id]
        assert app.told == ["Deleted 4 of 4 runs."]


async def test_what_can_not_be_deleted_keeps_nobody_waiting(
    app: Opened, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = session.delete

    async def refuse(run_id: str) -> None:
        if run_id == MIDDLE.id:
            raise RunError("It belongs to someone else.")
        await whole(run_id)

    monkeypatch.setattr(session, "delete", refuse)
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "end", "space", "up", "space", "d", "y")
        await settled(pilot)
        assert OLD.id not in ids(app)
        assert app.told == ["It belongs to someone else.", "Deleted 1 of 2 runs."]


@pytest.mark.parametrize(
    ("count", "lines"), [(5, 5), (6, 6), (5000, 6)], ids=["five", "six", "thousands"]
)
def test_of_many_runs_a_few_are_named(count: int, lines: int) -> None:
    names: Sequence[str] = [str(number) for number in range(count)]
    dialog = DeleteDialog(names)
    assert len(dialog.lines) == lines
    assert dialog.run_ids == tuple(names)
    if count > 5:
        assert dialog.lines[-1] == f"and {count - 5:,} more"
