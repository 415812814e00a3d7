"""The table of runs shows what there is room for, and draws only what reads differently."""

from __future__ import annotations

import dataclasses

import pytest
from textual.geometry import Region

from tests.tui.fakes import FakeSession, summary
from tests.tui.listed import ALL, LIVE, Opened, at_runs, column, looked
from tui_lab.tui.runs.columns import run_columns
from tui_lab.tui.widgets.row_table import PADDING


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
        (75, SIGN, ["train/loss", "test/loss", "values"]),
        (115, WORD, ["age", "train/loss", "test/loss", "norm", "values"]),
        (195, WORD, ["age", "train/loss", "test/loss", "norm", "step", "values"]),
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
        "train/loss",
        "test/loss",
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
        room = table.scrollable_content_region.width
        assert sum(column.width + PADDING for column in table.columns) <= room
        assert table.show_vertical_scrollbar


async def test_a_narrow_screen_keeps_sign_name_and_what_was_chosen(app: Opened) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        assert column(app, "status") == ["?", "●", "✗", "■", "✓"]
        assert column(app, "name") == ["toy 0005", "toy 0004", "other 0003", "toy 0002", "toy 0001"]
        assert column(app, "train/loss") == ["0.0013"] * 5
        assert column(app, "values")[4] == "λ 0"


async def test_a_wider_screen_shows_more_and_the_cursor_stays(app: Opened) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot, "down", "space")
        await pilot.resize_terminal(200, 24)
        await pilot.pause()
        assert column(app, "status")[1] == "● running"
        assert column(app, "step")[1] == "7"
        assert column(app, "mark") == ["", "*", "", "", ""]
        assert app.runs.table.current == ALL[2].id


async def test_other_colours_are_shown_at_once(app: Opened) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        before = app.runs.table.render_line(2)
        assert "●" in before.text
        await pilot.press("f2")
        await pilot.pause()
        after = app.runs.table.render_line(2)
        assert after.text == before.text
        assert [segment.style for segment in after] != [segment.style for segment in before]


async def test_a_live_run_is_kept_up_to_date_without_drawing_the_rest(
    app: Opened, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(200, 40)) as pilot:
        await at_runs(pilot)
        table, drawn = app.runs.table, list[Region]()
        monkeypatch.setattr(table, "refresh", lambda *regions, **how: drawn.extend(regions))
        session.put(dataclasses.replace(LIVE, step=8, metrics={"train/loss": 0.5}))
        await looked(pilot)
        assert column(app, "step")[1] == "8"
        assert column(app, "train/loss")[1] == "0.5"
        assert [(region.y, region.height) for region in drawn] == [(2, 1)]
        drawn.clear()
        await looked(pilot)
        assert drawn == []


async def test_of_thousands_of_runs_only_those_on_the_screen_are_drawn(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3000):
        session.put(summary(number))
    app = Opened(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        made = list[str]()
        cells = app.runs.table._cells
        monkeypatch.setattr(
            app.runs.table,
            "_cells",
            lambda row: made.append(row.id) or cells(row),  # type: ignore[func-returns-value]
        )
        await pilot.press("end")
        await pilot.pause()
        assert app.runs.table.current == summary(0).id
        assert summary(0).id in made
        assert len(set(made)) < 50


async def test_the_cursor_stays_in_sight(session: FakeSession) -> None:
    for number in range(100):
        session.put(summary(number))
    app = Opened(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        for keys in (["end"], ["pageup"], ["k"] * 30, ["pagedown"], ["home"], ["j"] * 30):
            await pilot.press(*keys)
            await pilot.pause()
            table = app.runs.table
            line = table.cursor + 1 - table.scroll_offset.y
            assert 1 <= line < table.scrollable_content_region.height
            assert table.current[-4:] in table.render_line(line).text


async def test_a_click_opens_the_run(app: Opened) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await at_runs(pilot)
        await pilot.click("RunTable", offset=(10, 3))
        await pilot.pause()
        assert app.opened == [("toy", LIVE.id)]
        await pilot.click("RunTable", offset=(10, 1))
        await pilot.click("RunTable", offset=(10, 15))
        await pilot.pause()
        assert len(app.opened) == 1
