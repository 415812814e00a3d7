"""The runs are sorted by any column and show the columns that a person chose."""

from __future__ import annotations

import math
from typing import Any

import pytest
from textual.widgets import OptionList

from tests.tui.fakes import FakeSession, summary
from tests.tui.listed import Opened, at_runs, column, ids
from tui_lab.run import RunStatus
from tui_lab.tui.runs.column_dialogs import ColumnsDialog, SortDialog
from tui_lab.tui.runs.columns import RunColumn, heading, run_columns
from tui_lab.tui.runs.listing import RunListing
from tui_lab.tui.widgets.row_table import PADDING

A = summary(1, metrics={"test/accuracy": 0.7, "gap": 0.2}, hyperparameters={"lr": 0.1}, step=9)
B = summary(2, metrics={"test/accuracy": 0.9, "gap": math.nan}, hyperparameters={"lr": 0.02})
C = summary(3, metrics={"test/accuracy": 0.8}, status=RunStatus.FAILED, changed={"lr": 5.0})
D = summary(4, experiment="other", metrics={}, seed=3, hyperparameters={"implementation": "b"})
ALL = (D, C, B, A)


@pytest.fixture
def listing(session: FakeSession) -> RunListing:
    """Four runs."""
    listing = RunListing(session)
    listing.take({run.id: run for run in ALL})
    return listing


@pytest.mark.parametrize(
    ("key", "rising", "missing"),
    [
        ("test/accuracy", [A, C, B], [D]),
        ("gap", [A], [D, C, B]),
        ("lr", [B, A, C], [D]),
        ("implementation", [D], [C, B, A]),
        ("step", [A, D, C, B], []),
        ("seed", [C, B, A, D], []),
        ("age", [D, C, B, A], []),
        ("status", [C, D, B, A], []),
        ("name", [D, A, B, C], []),
        ("train/loss", [], [D, C, B, A]),
    ],
)
def test_runs_are_sorted_by_any_column(
    listing: RunListing, key: str, rising: list[Any], missing: list[Any]
) -> None:
    listing.arrangement.sort_by(key)
    assert [row.id for row in listing.rows("")] == [run.id for run in (*rising, *missing)]
    listing.arrangement.sort_by(key)
    places = {row.id: place for place, row in enumerate(listing.rows(""))}
    falling = [places[run.id] for run in rising]
    assert [row.id for row in listing.rows("")][len(rising) :] == [run.id for run in missing]
    if key in ("test/accuracy", "lr", "age", "name"):  # no two are alike
        assert falling == sorted(falling, reverse=True)
    assert listing.title().endswith("↓")


def test_every_metric_and_every_value_can_be_a_column(listing: RunListing) -> None:
    keys = listing.column_keys()
    assert {"test/accuracy", "gap", "lr", "implementation", "step", "epoch", "seed"} <= set(keys)
    listing.choose_columns(("gap", "lr", "seed"))
    cells = [row.cells for row in listing.rows("").runs]
    assert [each["gap"] for each in cells] == ["", "", "nan", "0.2"]
    assert [each["lr"] for each in cells] == ["", "5", "0.02", "0.1"]
    assert [each["seed"] for each in cells] == ["3", "0", "0", "0"]


@pytest.mark.parametrize("room", [0, 36, 75, 115, 400])
def test_chosen_columns_stand_in_their_order_as_far_as_there_is_room(room: int) -> None:
    chosen = ("step", "test/accuracy", "a/very/long/name/of/a/metric", "age")
    columns = run_columns(room, 10, chosen)
    shown = [each.key for each in columns if each.key in chosen]
    assert shown == [key for key in chosen if key in shown]
    assert sum(each.width + PADDING for each in columns) <= max(room, 3 * (PADDING + 1))
    if room >= 115:
        assert shown == list(chosen)


def test_a_heading_that_is_cut_says_so() -> None:
    assert heading(RunColumn("test/accuracy", 9)).plain == "test/acc…"


async def test_s_sorts_and_once_more_turns_the_order_round(session: FakeSession) -> None:
    for run in ALL:
        session.put(run)
    app = Opened(session)
    async with app.run_test(size=(160, 40)) as pilot:
        await at_runs(pilot, "s")
        assert isinstance(app.screen, SortDialog)
        app.screen.action_choose(app.screen.keys.index("test/accuracy"))
        await pilot.pause()
        assert ids(app) == [run.id for run in (A, C, B, D)]
        assert "by test/accuracy ↑" in str(app.runs.table.border_title)
        await pilot.press("s")
        assert isinstance(app.screen, SortDialog)
        await pilot.press("enter")  # the cursor is on the column of now
        await pilot.pause()
        assert ids(app) == [run.id for run in (B, C, A, D)]
        await pilot.press("s", "escape")
        assert "by test/accuracy ↓" in str(app.runs.table.border_title)


async def test_c_chooses_columns(session: FakeSession) -> None:
    for run in ALL:
        session.put(run)
    app = Opened(session)
    async with app.run_test(size=(160, 40)) as pilot:
        await at_runs(pilot, "c")
        dialog = app.screen
        assert isinstance(dialog, ColumnsDialog)
        options = dialog.query_one(OptionList)
        options.highlighted = dialog.keys.index("gap")
        await pilot.press("space")
        assert str(options.get_option_at_index(options.highlighted).prompt) == "✓  gap"
        options.highlighted = dialog.keys.index("train/loss")
        await pilot.press("space", "escape")
        await pilot.pause()
        shown = [each.key for each in app.runs.table.columns]
        assert "train/loss" not in shown
        assert column(app, "gap") == ["", "", "nan", "0.2"]
        assert heading(app.runs.table.columns[shown.index("gap")]).plain.strip() == "gap"
