"""The table of runs shows what there is room for, and draws only what reads differently."""

from __future__ import annotations

import dataclasses

import pytest
from textual.geometry import Region
from textual.widget import Widget

from tests.tui.fakes import FakeSession, summary
from tests.tui.listed import ALL, LIVE, Opened, at_runs, column, ids
from tui_lab.tui.run_columns import PADDING, run_columns


@pytest.fixture
def app(session: FakeSession) -> Opened:
    """The app over five runs."""
    for run in ALL:
        session.put(run)
    return Opened(session)


ALWAYS = ["mark", "status", "name"]
SIGN, WORD = 1, 12


@pytest.mark.parametrize("name", [9, 17, 26, 60])
@pytest.mark.parametrize("room", [0, 1, 30, 36, 75, 76, 115, 195, 400])
def test_columns_are_never_wider_than_their_room(room: int, name: int) -> None:
    columns = run_columns(room, name)
    assert [column.key for column in columns][:3] == ALWAYS
    least = len(ALWAYS) * (PADDING + 1)
    assert sum(column.width + PADDING for column in columns) <= max(room, least)


@pytest.mark.parametrize(
    ("room", "status", "more"),
    [
        (36, SIGN, []),
        (75, SIGN, ["train", "test", "values"]),
        (115, WORD, ["age", "train", "test", "norm", "values"]),
        (195, WORD, ["age", "train", "test", "norm", "step", "values"]),
    ],
)
def test_more_room_shows_more(room: int, status: int, more: list[str]) -> None:
    columns = run_columns(room, 26)
    assert [column.key for column in columns] == [*ALWAYS, *more]
    assert columns[1].width == status
    assert columns[2].width == 26


def test_a_shorter_name_leaves_room_for_the_age() -> None:
    assert [column.key for column in run_columns(75, 17)] == [
        *ALWAYS,
        "age",
        "train",
        "test",
        "values",
    ]


@pytest.mark.parametrize("width", [40, 80, 100, 120, 200])
async def test_no_table_scrolls_sideways(app: Opened, session: FakeSession, width: int) -> None:
    values = {"implementation": "concise", "weight_decay": 10.0, "lr": 0.5, "epochs": 7}
    for number in range(6, 60):
        session.put(summary(number, hyperparameters=values, error="A long sentence. " * 20))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        await pilot.resize_terminal(width, 24)
        await pilot.pause()
        table = app.runs.table
        assert table.max_scroll_x == 0
        assert table.virtual_size.width <= table.scrollable_content_region.width
        assert table.show_vertical_scrollbar


async def test_a_narrow_screen_keeps_sign_name_and_what_was_chosen(app: Opened) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        assert column(app, "status") == ["?", "●", "✗", "■", "✓"]
        assert column(app, "name") == ["toy 0005", "toy 0004", "other 0003", "toy 0002", "toy 0001"]
        assert column(app, "train") == ["0.0013"] * 5
        assert column(app, "values")[4] == "λ 0"


async def test_a_wider_screen_shows_more_and_the_cursor_stays(app: Opened) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot, "down", "space")
        await pilot.resize_terminal(200, 24)
        await pilot.pause()
        assert column(app, "status")[1] == "● running"
        assert column(app, "step")[1] == "7"
        assert column(app, "mark") == [" ", "*", " ", " ", " "]
        assert app.runs.table.current == ALL[2].id


async def test_other_colours_are_shown_at_once(app: Opened) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        before = app.runs.table.get_cell(LIVE.id, "status").style
        await pilot.press("f2")
        await pilot.pause()
        assert app.runs.table.get_cell(LIVE.id, "status").style != before


async def test_older_runs_are_added_below_without_drawing_the_rest(
    app: Opened, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(200, 24)) as pilot:
        await at_runs(pilot)
        monkeypatch.setattr(app.runs.table, "clear", lambda **how: pytest.fail("drawn again"))
        older = summary(0)
        session.put(older)
        app.runs.refresh_runs()
        assert ids(app) == [*(run.id for run in ALL), older.id]


async def test_a_live_run_is_kept_up_to_date_without_drawing_the_rest(
    app: Opened, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(200, 40)) as pilot:
        await at_runs(pilot)
        table, drawn = app.runs.table, list[Region]()
        monkeypatch.setattr(table, "_refresh_region", drawn.append)
        monkeypatch.setattr(
            Widget, "refresh", lambda widget, *regions, **how: drawn.extend(regions)
        )
        session.put(dataclasses.replace(LIVE, step=8, metrics={"train/loss": 0.5}))
        app.runs.refresh_runs()
        assert column(app, "step")[1] == "8"
        assert column(app, "train")[1] == "0.5"
        assert [(region.y, region.height) for region in drawn] == [(2, 1)]
        drawn.clear()
        app.runs.refresh_runs()
        assert drawn == []
