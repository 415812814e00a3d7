"""Runs are grouped by what they have in common, sorted inside and out, folded away and marked as
groups; none is lost and none counted twice."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from tests.tui.fakes import FakeSession, summary
from tests.tui.listed import Opened, at_runs, column
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.runs.arrangement import Arrangement, sorted_by
from tui_lab.tui.runs.column_dialogs import GroupDialog
from tui_lab.tui.runs.listing import RunListing
from tui_lab.tui.runs.row import Heading

A = summary(1, metrics={"test/loss": 0.4}, hyperparameters={"lr": 0.1}, tags=("good",))
B = summary(2, metrics={"test/loss": 0.2}, hyperparameters={"lr": 0.02}, parent=A.id)
C = summary(3, metrics={"test/loss": math.nan}, hyperparameters={"lr": 0.1}, parent=A.id)
D = summary(4, metrics={"test/loss": 0.1}, hyperparameters={"lr": 0.1}, parent=B.id)
E = summary(5, experiment="other", metrics={}, hyperparameters={"flag": True}, study="s")
ALL = (E, D, C, B, A)
NAMES = {run.id: letter for run, letter in zip(ALL, "EDCBA", strict=True)}


def shown(arrangement: Arrangement, runs: Sequence[RunSummary] = ALL) -> list[str]:
    """The lines: letters of runs behind what the tree draws, headings in words."""
    lines = arrangement.lines(arrangement.in_order(runs))
    return [
        arrangement.heading(line.id) if line.is_group else f"{line.before}{NAMES[line.id]}"
        for line in lines
    ]


@pytest.fixture
def arrangement() -> Arrangement:
    return Arrangement()


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("lr", ["lr 0.02 · 1 run", "B", "lr 0.1 · 3 runs", "D", "C", "A", "no lr · 1 run", "E"]),
        ("tag", ["#good · 1 run", "A", "no tag · 4 runs", "E", "D", "C", "B"]),
        ("study", ["study s · 1 run", "E", "no study · 4 runs", "D", "C", "B", "A"]),
        ("flag", ["flag on · 1 run", "E", "no flag · 4 runs", "D", "C", "B", "A"]),
    ],
)
def test_groups_stand_in_the_order_of_their_values(
    arrangement: Arrangement, name: str, lines: list[str]
) -> None:
    arrangement.is_tree = False
    arrangement.group(name)
    assert shown(arrangement) == lines


def test_branches_stand_below_their_parents_inside_a_group(arrangement: Arrangement) -> None:
    arrangement.group("lr")
    assert shown(arrangement)[2:5] == ["lr 0.1 · 3 runs", "D", "A"]
    assert shown(arrangement)[5] == "└ C"


def test_sorted_groups_say_what_is_best_and_the_median(arrangement: Arrangement) -> None:
    arrangement.is_tree = False
    arrangement.group("lr")
    arrangement.sort_by("test/loss")
    best = "lr 0.1 · 3 runs · test lowest 0.1 · median 0.25"
    assert shown(arrangement)[:4] == [best, "D", "A", "C"]
    arrangement.sort_by("test/loss")
    highest = "lr 0.1 · 3 runs · test highest 0.4 · median 0.25"
    assert shown(arrangement)[:4] == [highest, "A", "D", "C"]
    assert shown(arrangement)[-2:] == ["no lr · 1 run", "E"]


def test_a_family_stands_where_its_best_stands_when_it_is_sorted(arrangement: Arrangement) -> None:
    arrangement.sort_by("test/loss")
    assert shown(arrangement) == ["A", "├ B", "│ └ D", "└ C", "E"]
    arrangement.is_tree = False
    assert shown(arrangement) == ["D", "B", "A", "E", "C"]


def test_folding_goes_up_step_by_step(arrangement: Arrangement) -> None:
    arrangement.group("experiment")
    at = {NAMES.get(line.id, line.id): line for line in arrangement.lines(ALL)}
    assert arrangement.fold(at["D"]) == B.id
    assert shown(arrangement)[-3:] == ["A", "├ C", "└ B"]
    at = {NAMES.get(line.id, line.id): line for line in arrangement.lines(ALL)}
    assert (at["B"].below, at["B"].is_folded) == (1, True)
    assert arrangement.fold(at["B"]) == A.id
    at = {NAMES.get(line.id, line.id): line for line in arrangement.lines(ALL)}
    heading = arrangement.fold(at["A"])
    assert set(arrangement.members(heading)) == {run.id for run in (A, B, C, D)}
    assert [line for line in shown(arrangement) if "toy" in line] == ["experiment toy · 4 runs"]
    folded = {line.id: line for line in arrangement.lines(ALL)}[heading]
    arrangement.unfold(folded)
    assert "A" in shown(arrangement)
    arrangement.group("")
    assert len(shown(arrangement)) == len(ALL)


def test_every_run_is_in_one_group_whatever_it_says(arrangement: Arrangement) -> None:
    odd = [1, 1.0, True, "1", None, [1, 2], math.nan, "", "on", "ON", 10**30]
    runs = [summary(n, hyperparameters={"x": value}) for n, value in enumerate(odd)]
    for key in ("x", "seed", "created"):
        arrangement.group(key)
        lines = arrangement.lines(runs)
        assert sorted(line.id for line in lines if not line.is_group) == sorted(r.id for r in runs)
        assert len({line.id for line in lines}) == len(lines)
        assert all(arrangement.heading(line.id) for line in lines if line.is_group)


@pytest.fixture
def app(session: FakeSession) -> Opened:
    """The app over two experiments, one of them with branches."""
    for run in ALL:
        session.put(run)
    return Opened(session)


async def test_g_groups_and_the_arrows_fold(app: Opened) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "G")
        dialog = app.screen
        assert isinstance(dialog, GroupDialog)
        dialog.action_choose(dialog.keys.index("experiment"))
        await pilot.pause()
        table = app.runs.table
        assert headings(app) == ["▾ experiment other · 1 run", "▾ experiment toy · 4 runs"]
        assert str(table.border_title).endswith("grouped by experiment")
        await pilot.press("end", "left", "left", "left")
        await pilot.pause()
        assert table.row_count == 3
        assert table.render_line(1 + table.cursor).text.strip().startswith("▸ experiment toy")
        await pilot.press("space")
        assert app.runs.listing.selected == {run.id for run in (A, B, C, D)}
        assert headings(app)[1] == "▸ experiment toy · 4 runs · 4 selected"
        await pilot.press("up", "up", "down", "down", "enter")
        await pilot.pause()
        assert column(app, "name") == ["other 0005", "toy 0001 ▸3"]
        assert column(app, "mark") == ["", "*"]
        assert app.opened == []


def headings(app: Opened) -> list[str]:
    return [row.words for row in app.runs.table.rows if isinstance(row, Heading)]


async def test_what_is_sorted_or_grouped_is_seen_from_the_top(app: Opened) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "end", "s", "down", "enter")
        await pilot.pause()
        assert app.runs.table.cursor == 0
        await pilot.press("end", "G", "down", "enter")
        await pilot.pause()
        assert app.runs.table.current.startswith("experiment")


async def test_a_heading_has_nothing_to_delete(app: Opened) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot)
        app.runs.listing.arrangement.group("experiment")
        app.runs.show_runs()
        await pilot.press("home", "d", "o", "y", "w", "t", "e")
        assert app.screen is app.runs
        assert app.opened == []


async def test_branches_fold_into_their_parent_and_are_counted(app: Opened) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "end")
        assert column(app, "name")[1:] == ["toy 0001", "├ toy 0003", "└ toy 0002", "└ toy 0004"]
        await pilot.press("up", "up", "up", "left")
        assert column(app, "name")[1:] == ["toy 0001 ▸3"]
        await pilot.press("right")
        assert len(column(app, "name")) == 5
        await pilot.press("b")
        assert column(app, "name") == [
            "other 0005",
            "toy 0004",
            "toy 0003",
            "toy 0002",
            "toy 0001",
        ]


async def test_all_that_is_shown_is_marked_and_marks_turn_round(app: Opened) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await at_runs(pilot, "slash", *"toy", "enter", "a")
        assert app.runs.listing.selected == {run.id for run in (A, B, C, D)}
        await pilot.press("home", "space", "i")
        assert len(app.runs.listing.selected) == 1
        await pilot.press("slash", "escape", "i")
        assert len(app.runs.listing.selected) == 4


async def test_folding_and_searching_sort_nothing_anew(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    def value(run: RunSummary, key: str) -> float:
        asked.append(run.id)
        return float(sorted_by(run, key))

    monkeypatch.setattr("tui_lab.tui.runs.arrangement.sorted_by", value)
    listing = RunListing(session)
    listing.take({run.id: run for run in ALL})
    listing.arrangement.sort_by("age")
    listing.arrangement.group("lr")
    before = len(listing.rows(""))
    listing.arrangement.fold(listing.lines[0])
    assert len(listing.rows("")) < before
    listing.arrangement.is_tree = False
    assert [row.id for row in listing.rows("toy").runs] == [run.id for run in (D, C, A, B)]
    assert len(asked) == len(ALL)
    listing.arrangement.sort_by("age")
    assert [row.id for row in listing.rows("toy").runs] == [run.id for run in (A, C, D, B)]
    assert len(asked) == 2 * len(ALL)
    listing.take({run.id: run for run in ALL[1:]})
    listing.rows("")
    assert len(asked) == 3 * len(ALL) - 1
