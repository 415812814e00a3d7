"""Protects what a study looks like: its form, its trials and their pictures, in three sizes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.snapshots.quiet import quiet
from tests.studied import JUDGED, asked, trial
from tests.tui.fake_studies import study_summary
from tests.tui.fakes import FakeSession
from tui_lab.study import StudyState, Trial, TrialState
from tui_lab.tui.app import Opening, TuiLabApp

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40), (200, 60)]
REQUEST = asked("lr=log:1e-4..1", "weight_decay=0,1,3,10", "optimizer=sgd,adam")
STUDY = study_summary(REQUEST)


def trials() -> list[Trial]:
    """Of a study that goes on: made up, the same every time."""
    chance = random.Random(3)
    return [_trial(number, chance) for number in range(38)]


def _trial(number: int, chance: random.Random) -> Trial:
    lr, decay = 10 ** chance.uniform(-4, 0), chance.choice([0.0, 1.0, 3.0, 10.0])
    optimizer = chance.choice(["sgd", "adam"])
    end = (
        0.05 + 0.3 * (math.log10(lr) + 2) ** 2 + 0.05 * abs(decay - 3) + 0.1 * (optimizer == "sgd")
    )
    curve = tuple((epoch, end * (1 + 3 * math.exp(-epoch / 8))) for epoch in range(1, 41))
    values = {"lr": lr, "weight_decay": decay, "optimizer": optimizer}
    if number >= 36:
        return trial(number, values=values, curve=curve[:15], step=150)
    if number == 9:
        diverged = "diverged: val/loss is inf"
        return trial(number, None, values, TrialState.FAIL, step=20, reason=diverged)
    if number > 12 and end > 0.6:
        return trial(number, None, values, TrialState.PRUNED, curve=curve[:12], step=120)
    return trial(number, curve[-1][1], values, curve=curve, step=400)


def lab(opening: Opening | None = None) -> TuiLabApp:
    session = FakeSession([JUDGED])
    session.studies.put(REQUEST, STUDY, *trials())
    session.studies.shares = {"lr": 0.71, "weight_decay": 0.21, "optimizer": 0.08}
    return TuiLabApp(session, opening)


async def settle(pilot: Pilot[Any]) -> None:
    for _ in range(3):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await quiet(pilot)


def at_study(*keys: str) -> Callable[[Pilot[Any]], Any]:
    async def get_there(pilot: Pilot[Any]) -> None:
        assert isinstance(pilot.app, TuiLabApp)
        await pilot.pause()
        pilot.app.open_study(STUDY.id)
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return get_there


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_a_study_going_on(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(lab(), terminal_size=size, run_before=at_study())


@pytest.mark.parametrize("key", ["2", "3", "4"])
def test_a_pane_of_a_study_alone(snap_compare: Compare, key: str) -> None:
    assert snap_compare(lab(), terminal_size=(80, 24), run_before=at_study(key))


def test_a_study_that_its_coordinator_left(snap_compare: Compare) -> None:
    app = lab()
    assert isinstance(app.session, FakeSession)
    app.session.studies.put(REQUEST, study_summary(REQUEST, state=StudyState.INTERRUPTED))
    assert snap_compare(app, terminal_size=(80, 24), run_before=at_study())


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_the_form_of_a_study(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def get_there(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await pilot.press("S")
        await settle(pilot)
        for key in ("x", "down", *"0,1,3,10", "enter", "down", "x"):
            await pilot.press(key)
        await settle(pilot)

    app = lab(Opening("judged"))
    assert snap_compare(app, terminal_size=size, run_before=get_there)
