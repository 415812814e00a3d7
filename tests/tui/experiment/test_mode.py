"""Protects what sets a demonstration apart: when a guess has its answer, when the next worker may
be made ready."""

from __future__ import annotations

import dataclasses

import pytest

from tests.tui.experiment.parts import Parts
from tests.tui.fakes import TOY
from tests.tui.opened import FINISHED
from tui_lab.run import RunStatus
from tui_lab.tui.experiment.mode import Demonstration, Training, mode_of
from tui_lab.tui.experiment.run_feed import Standing
from tui_lab.tui.knobs.panel import KnobPanel

DEMONSTRATION = dataclasses.replace(TOY, demonstration=True)


def test_the_declaration_says_which_mode() -> None:
    assert isinstance(mode_of(TOY), Training)
    assert isinstance(mode_of(DEMONSTRATION), Demonstration)


@pytest.mark.parametrize(
    ("status", "measured", "training", "demonstration"),
    [
        (RunStatus.RUNNING, False, False, False),
        (RunStatus.RUNNING, True, False, True),
        (RunStatus.PAUSED, False, True, False),
        (RunStatus.FINISHED, True, True, True),
    ],
)
def test_when_a_core_is_free(
    status: RunStatus, measured: bool, training: bool, demonstration: bool
) -> None:
    run = Standing(status, {}, measured)
    free = [mode.leaves_a_core(run) for mode in (Training(), Demonstration())]
    assert free == [training, demonstration]


def test_a_training_answers_at_the_end_of_another_run() -> None:
    parts, knobs = Parts(FINISHED).open(), KnobPanel(TOY, seed=0, device="auto")
    asked_at = (parts.id, "")
    assert [Training().has_shown(parts.run, knobs, before) for before in asked_at] == [False, True]


async def test_a_demonstration_answers_once_it_has_the_values_of_the_knobs() -> None:
    parts = Parts(experiment=DEMONSTRATION).open()
    knobs = KnobPanel(DEMONSTRATION, seed=0, device="auto")
    shown = [Demonstration().has_shown(parts.run, knobs, "")]
    knobs.take(parts.run.values)
    shown.append(Demonstration().has_shown(parts.run, knobs, ""))
    assert shown == [False, True]
