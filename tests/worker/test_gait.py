"""Protects how a loop goes on, as a table: what every order makes of every gait, where it holds
still by itself, and when readers are told."""

from __future__ import annotations

from typing import get_args

import pytest

from tui_lab.commands import Advance, Command, Evaluate, Pause, Resume
from tui_lab.worker.gait import (
    Free,
    Gait,
    Held,
    Phasewise,
    UntilEpoch,
    UntilStep,
    begun,
    bound,
    is_paused,
    ordered,
    reached,
)

STEP, EPOCH = 7, 2
"""Completed."""
ORDERS: tuple[Command, ...] = (
    Pause(),
    Resume(),
    Advance("phase"),
    Advance("step"),
    Advance("epoch"),
    Evaluate(),
)
PAUSED = Phasewise(paused=True)
TABLE: dict[Gait, tuple[Gait, ...]] = {
    Free(): (Held(), Free(), Phasewise(), UntilStep(8), UntilEpoch(3), Free()),
    Held(): (Held(), Free(), PAUSED, UntilStep(8), UntilEpoch(3), Held()),
    Phasewise(): (Held(), Free(), Phasewise(), UntilStep(8), UntilEpoch(3), Phasewise()),
    PAUSED: (Held(), Free(), PAUSED, UntilStep(8), UntilEpoch(3), PAUSED),
    UntilStep(8): (Held(), Free(), Phasewise(), UntilStep(9), UntilEpoch(3), UntilStep(8)),
    UntilEpoch(3): (Held(), Free(), Phasewise(), UntilStep(8), UntilEpoch(4), UntilEpoch(3)),
}


def test_the_table_is_whole() -> None:
    assert {type(gait) for gait in TABLE} == set(get_args(Gait))
    assert all(len(row) == len(ORDERS) for row in TABLE.values())


@pytest.mark.parametrize(
    ("gait", "order", "then"),
    [(g, o, t) for g, row in TABLE.items() for o, t in zip(ORDERS, row, strict=True)],
    ids=repr,
)
def test_an_order(gait: Gait, order: Command, then: Gait) -> None:
    assert ordered(gait, order, STEP, EPOCH) == then


@pytest.mark.parametrize(
    ("gait", "step", "epoch", "then"),
    [
        (UntilStep(8), 7, 2, UntilStep(8)),
        (UntilStep(8), 8, 2, Held()),
        (UntilEpoch(3), 8, 2, UntilEpoch(3)),
        (UntilEpoch(3), 9, 3, Held()),
        (Free(), 9, 3, Free()),
        (PAUSED, 9, 3, PAUSED),
        (Held(), 9, 3, Held()),
    ],
    ids=repr,
)
def test_it_holds_where_it_went_until(gait: Gait, step: int, epoch: int, then: Gait) -> None:
    assert reached(gait, step, epoch) == then


def test_which_are_taken_for_held() -> None:
    assert [gait for gait in TABLE if is_paused(gait)] == [Held(), PAUSED]


def test_which_step_bounds_it() -> None:
    assert [bound(gait, STEP) for gait in TABLE] == [None, 8, 8, 8, 8, None]


def test_how_a_run_begins() -> None:
    wanted = [Free(), Phasewise(), UntilStep(1), UntilEpoch(1)]
    assert [begun(None), begun("phase"), begun("step"), begun("epoch")] == wanted
