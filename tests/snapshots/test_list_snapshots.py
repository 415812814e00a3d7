"""Protects what the list of runs looks like in groups, as trees, being searched and written on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.snapshots.quiet import quiet
from tests.tui.fakes import FakeSession, summary
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.runs.column_dialogs import GroupDialog, SortDialog

Compare = Callable[..., bool]
Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((80, 24), (120, 40), (200, 60))
_LR = (0.1, 0.01, 0.001)


def some() -> Iterator[RunSummary]:
    """Runs of two experiments with different learning rates, some branched, some written on."""
    parents = dict[int, str]()
    for number in range(1, 16):
        rate, loss = _LR[number % 3], 0.02 * number * (1 + number % 4)
        extra: dict[str, Any] = {}
        if number in (8, 11, 14):
            extra |= {"parent": parents[number - 3], "parent_step": 40 * number}
        if number % 5 == 0:
            extra |= {"tags": ("good",), "name": "try this again"}
        run = summary(
            number,
            experiment="other" if number in (6, 7) else "toy",
            status=RunStatus.RUNNING if number == 15 else RunStatus.FINISHED,
            hyperparameters={"lr": rate, "weight_decay": float(number % 2)},
            metrics={"train/loss": loss / 3, "test/loss": loss, "norm/w": 1.0 + number / 10},
            **extra,
        )
        parents[number] = run.id
        yield run


def chosen(app: TuiLabApp, kind: type[GroupDialog] | type[SortDialog], key: str) -> None:
    assert isinstance(app.screen, kind)
    app.screen.action_choose(list(app.screen.keys).index(key))


def looks(compare: Compare, size: Size, *keys: str, by: str = "", group: str = "") -> bool:
    """Whether the list, sorted and grouped so, with keys pressed on it, is as it was."""

    async def get_there(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, TuiLabApp)
        await pilot.press("h")
        for key, kind, name in (("s", SortDialog, by), ("G", GroupDialog, group)):
            await app.workers.wait_for_complete()
            await pilot.pause()
            if name:
                await pilot.press(key)
                chosen(app, kind, name)
                await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await app.workers.wait_for_complete()
        await quiet(pilot)

    app = TuiLabApp(FakeSession(runs=some()))
    return compare(app, terminal_size=size, run_before=get_there)


@pytest.mark.parametrize("size", SIZES)
def test_groups_by_learning_rate_sorted_by_loss(snap_compare: Compare, size: Size) -> None:
    assert looks(snap_compare, size, "down", "down", "left", by="test/loss", group="lr")


@pytest.mark.parametrize("size", SIZES)
def test_values_offered_in_the_filter(snap_compare: Compare, size: Size) -> None:
    assert looks(snap_compare, size, "slash", *"toy lr=", "down")


def test_branches_below_their_parents(snap_compare: Compare) -> None:
    assert looks(snap_compare, (120, 40), "down", "left", "down", "space")


@pytest.mark.parametrize("size", SIZES[:2])
def test_writing_on_all(snap_compare: Compare, size: Size) -> None:
    assert looks(snap_compare, size, "a", "w")


@pytest.mark.parametrize("size", SIZES[:2])
def test_deleting_all_but_the_live_one(snap_compare: Compare, size: Size) -> None:
    assert looks(snap_compare, size, "a", "d")
