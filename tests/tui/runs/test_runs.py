"""The runs screen lists every run, finds them, compares them, and deletes none unasked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.widgets import Static

from tests.tui.fakes import FakeSession, summary
from tests.tui.listed import (
    ALL,
    ELSE,
    LIVE,
    MIDDLE,
    OLD,
    TORN,
    Opened,
    at_runs,
    column,
    ids,
    looked,
    settled,
)
from tests.tui.places import until
from tui_lab.errors import HomeError, RunError
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.home.screen import HomeScreen
from tui_lab.tui.runs.delete_dialog import DeleteDialog
from tui_lab.tui.runs.screen import RunsScreen


@pytest.fixture
def app(session: FakeSession) -> Opened:
    """The app over five runs: torn, live, failed, stopped, finished."""
    for run in ALL:
        session.put(run)
    return Opened(session)


async def test_every_run_is_listed_newest_first(app: Opened) -> None:
    async with app.run_test(size=(160, 40)) as pilot:
        await at_runs(pilot)
        assert ids(app) == [run.id for run in ALL]
        assert column(app, "status") == [
            "? unreadable",
            "● running",
            "✗ failed",
            "■ stopped",
            "✓ finished",
        ]
        assert column(app, "values")[0] == "run.json of x is torn."
        assert column(app, "values")[2] == "it [red]broke[/red]"
        assert column(app, "values")[3:] == ["stopped at step 400", "λ 0"]
        assert column(app, "name")[4] == "toy 0001"
        assert column(app, "step")[1] == "7"
        assert app.runs.table.border_title == "Runs · 1 live · 5 in all"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("fail", [ELSE]),
        ("toy finished", [OLD]),
        ("weight_decay=0", [OLD]),
        ("weight_decay<1", [OLD]),
        ("TORN", [TORN]),
        ("[red]", [ELSE]),
        ("nothing", []),
    ],
)
async def test_the_filter_narrows_the_list_with_every_letter(
    app: Opened, words: str, found: Sequence[RunSummary]
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "slash")
        await until(pilot, lambda: app.runs.filter_input.has_focus)
        app.runs.filter_input.value = words
        await until(pilot, lambda: app.runs.filter_text == words)
        assert ids(app) == [run.id for run in found]
        assert app.runs.query_one("#empty").display is not bool(found)
        await pilot.press("enter")
        if found:
            await until(pilot, lambda: app.runs.table.has_focus)
        assert app.runs.table.has_focus is bool(found)
        assert ids(app) == [run.id for run in found]


async def test_letters_in_the_filter_are_letters(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "slash", "d", "q", "o")
        assert app.runs.filter_text == "dqo"
        assert app.opened == []


async def test_escape_leaves_the_filter_then_the_marks_then_the_screen(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "space", "slash", "t", "o", "y")
        assert len(ids(app)) < len(ALL)
        await pilot.press("escape")
        assert len(ids(app)) == len(ALL)
        assert len(app.runs.listing.selected) == 1
        await pilot.press("escape")
        assert app.runs.listing.selected == set()
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)


async def test_a_search_that_can_not_be_read_is_said_and_the_list_stays(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "slash", *"toy weight_decay")
        kept = ids(app)
        assert len(kept) == 2
        app.runs.filter_input.value += ">"
        await pilot.pause()
        complaint = app.runs.query_one("#complaint", Static)
        assert ids(app) == kept
        assert complaint.display
        assert str(complaint.render()).strip() == "^ A number is missing after weight_decay>."
        assert str(complaint.render()).index("^") == len("toy weight_decay>")
        app.runs.filter_input.value += "1"
        await pilot.pause()
        assert ids(app) == [MIDDLE.id]
        assert not complaint.display


async def test_what_is_written_on_a_run_is_listed_and_found(session: FakeSession) -> None:
    session.put(summary(1, name="[red]first", tags=("good",), note="look"))
    session.put(summary(2))
    app = Opened(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "slash", *"tag:good look")
        assert ids(app) == [summary(1).id]
        assert column(app, "values") == ["“[red]first”  #good"]


async def test_g_goes_home(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "g")
        assert isinstance(app.screen, HomeScreen)


@pytest.mark.parametrize("keys", [["down", "enter"], ["j", "enter"], ["j", "j", "k", "enter"]])
async def test_enter_opens_a_run_in_its_experiment(app: Opened, keys: Sequence[str]) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, *keys)
        assert app.opened == [("toy", LIVE.id)]


async def test_enter_on_a_run_that_can_not_be_read_says_why(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "enter")
        assert app.opened == []
        assert app.told == ["run.json of x is torn."]


async def test_space_marks_and_takes_the_mark_away(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "down", "space", "down", "space")
        assert app.runs.listing.selected == {LIVE.id, MIDDLE.id}
        assert column(app, "mark") == ["", "*", "", "*", ""]
        assert str(app.runs.table.border_title).endswith("2 selected")
        await pilot.press("up", "space")
        assert app.runs.listing.selected == {LIVE.id}


@pytest.mark.parametrize("leave", ["g", "h"])
async def test_marks_end_when_the_screen_is_left(app: Opened, leave: str) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "down", "space", "s", "escape")
        assert app.runs.listing.selected == {LIVE.id}
        await pilot.press(leave)
        await pilot.pause()
        await at_runs(pilot)
        kept = {LIVE.id} if leave == "h" else set()
        assert app.runs.listing.selected == kept
        assert column(app, "mark").count("*") == len(kept)


async def test_marks_that_a_filter_hides_are_counted(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "down", "space", "space", "slash", *"other", "enter")
        assert ids(app) == [ELSE.id]
        assert str(app.runs.table.border_title).endswith("2 selected, 1 not shown")


async def test_o_lays_the_selected_runs_over_their_experiment(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "down", "space", "down", "space", "space", "o")
        assert app.opened == [("toy", [LIVE.id, MIDDLE.id, OLD.id])]


async def test_o_without_marks_takes_the_run_under_the_cursor(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "down", "down", "o")
        assert app.opened == [("other", [ELSE.id])]


async def test_o_says_that_runs_of_two_experiments_do_not_compare(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "down", "space", "space", "o")
        assert app.opened == []
        assert app.told == ["These runs are of other and toy; select runs of one of them."]


@pytest.mark.parametrize("key", ["d", "delete"])
async def test_deleting_asks_first(app: Opened, session: FakeSession, key: str) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "end", "up", "down", key)
        assert isinstance(app.screen, DeleteDialog)
        assert session.calls.count(("delete", OLD.id)) == 0
        await pilot.press("c")
        assert ids(app) == [run.id for run in ALL]
        await pilot.press(key, "y")
        await settled(pilot)
        assert ("delete", OLD.id) in session.calls
        assert ids(app) == [run.id for run in ALL[:-1]]


async def test_a_key_held_too_long_deletes_nothing(app: Opened, session: FakeSession) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "end", "d", "d", "d")
        assert isinstance(app.screen, DeleteDialog)
        assert not [call for call in session.calls if call[0] == "delete"]


async def test_marked_runs_are_deleted_together(app: Opened, session: FakeSession) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "space", "down", "space", "d", "y")
        await settled(pilot)
        assert ids(app) == [LIVE.id, MIDDLE.id, OLD.id]
        assert app.runs.listing.selected == set()


async def test_a_live_run_is_not_deleted(app: Opened, session: FakeSession) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "down", "d")
        assert isinstance(app.screen, RunsScreen)
        assert app.told == [f"{LIVE.id} is live; t stops it first."]


async def test_a_run_that_can_not_be_deleted_says_why(app: Opened, session: FakeSession) -> None:
    async def refuse(run_id: str) -> None:
        raise RunError("It belongs to someone else.")

    session.delete = refuse  # type: ignore[method-assign]
    async with app.run_test() as pilot:
        await at_runs(pilot, "d", "y")
        await settled(pilot)
        assert app.told == ["It belongs to someone else."]
        assert len(ids(app)) == len(ALL)


async def test_t_stops_a_live_run(app: Opened, session: FakeSession) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "down", "t")
        await settled(pilot)
        assert ("stop", LIVE.id) in session.calls
        assert column(app, "status")[1] == "■"


async def test_t_on_an_ended_run_does_nothing(app: Opened, session: FakeSession) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "end", "t")
        assert not any(call[0] == "stop" for call in session.calls)


async def test_y_copies_the_command_line_and_shows_it(app: Opened) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "j", "j", "j", "j", "y")
        await settled(pilot)
        words = "tui-lab run toy weight_decay=0 --seed 0 --device cpu"
        assert app.clipboard == words
        assert app.told == [words]


async def test_new_runs_appear_and_the_cursor_stays_on_its_run(
    app: Opened, session: FakeSession
) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot, "down")
        assert app.runs.table.current == LIVE.id
        session.put(summary(6))
        await looked(pilot)
        assert len(ids(app)) == len(ALL) + 1
        assert app.runs.table.current == LIVE.id


async def test_runs_that_can_not_be_listed_are_a_sentence(
    app: Opened, session: FakeSession
) -> None:
    async with app.run_test() as pilot:
        await at_runs(pilot)
        session.runs_error = HomeError("The runs can't be listed.")
        await looked(pilot)
        assert app.told == ["The runs can't be listed."]


async def test_hundreds_of_runs_are_listed(session: FakeSession) -> None:
    for number in range(1, 600):
        session.put(summary(number))
    app = Opened(session)
    async with app.run_test() as pilot:
        await at_runs(pilot, "end", "enter")
        assert app.opened == [("toy", summary(1).id)]


async def test_without_runs_every_key_is_harmless(session: FakeSession) -> None:
    app = Opened(session)
    async with app.run_test() as pilot:
        await at_runs(pilot, "space", "o", "d", "t", "y", "enter", "j", "k")
        assert isinstance(app.screen, RunsScreen)
        assert app.opened == []


@pytest.mark.parametrize("size", [(20, 6), (40, 12), (80, 24), (400, 120)])
async def test_no_size_crashes(app: Opened, size: tuple[int, int]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        await pilot.resize_terminal(*size)
        await pilot.pause()
        await pilot.press("down", "slash", "x")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
