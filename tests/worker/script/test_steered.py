"""Protects pause, single steps and phases, stopping and the guard, of a script that knows of none
of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.worker.script.trainings import plain
from tests.worker.script.watched import watched
from tui_lab.commands import (
    Advance,
    Checkpoint,
    Clip,
    Command,
    Evaluate,
    Mistake,
    Pause,
    Resume,
    Rewind,
    Skip,
    Stop,
    TakeAgain,
)
from tui_lab.events import AlarmRaised, PhaseEntered, RunPaused, StepAbandoned
from tui_lab.runs.directory import RunDirectory


def descend(w: Tensor, steps: int, poisoned: int = 0) -> None:
    optimizer = torch.optim.SGD([w], lr=1.0, momentum=0.9, weight_decay=0.1)
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        factor = torch.tensor(float("nan") if step == poisoned else 1.0)
        loss = (w * factor).sum()
        loss.backward()
        optimizer.step()


def test_phases_are_held_at_lines_of_the_script(directory: RunDirectory) -> None:
    orders: list[Command] = [*[Advance("phase")] * 3, Resume()]
    w = torch.ones(2, requires_grad=True)
    with watched(directory, {1: orders}, hold="phase") as lab:
        descend(w, 3)
    entered = [event for event in lab.log if isinstance(event, PhaseEntered)]

    assert [(e.step, e.phase) for e in entered] == [
        (1, "forward"),
        (1, "backward"),
        (1, "update"),
        (2, "zero_grad"),
    ]
    lines = Path(__file__).read_text("utf-8").splitlines()
    said = [lines[event.line - 1].strip() for event in entered]
    assert said == ["loss.backward()"] * 2 + ["optimizer.step()", "optimizer.zero_grad()"]


def test_single_steps_hold_after_each(directory: RunDirectory) -> None:
    orders: list[Command] = [Advance("step"), Advance("step"), Resume()]
    w = torch.ones(2, requires_grad=True)
    with watched(directory, {1: [Pause(), *orders]}) as lab:
        descend(w, 6)
    paused = [event.step for event in lab.log if isinstance(event, RunPaused)]

    assert paused == [1, 2, 3]


def test_an_epoch_can_be_waited_for(directory: RunDirectory) -> None:
    with watched(directory, {6: [Resume()]}, hold="epoch") as lab:
        plain()
    paused = [event.step for event in lab.log if isinstance(event, RunPaused)]

    assert paused == [6]


def test_an_order_to_stop_is_an_interrupt_that_the_script_may_use(directory: RunDirectory) -> None:
    w = torch.ones(2, requires_grad=True)
    saved = False
    with watched(directory, {2: [Stop("enough")]}) as lab:
        try:
            descend(w, 10)
        except KeyboardInterrupt:
            saved = True

    assert saved
    assert str(lab.loop.steps.stopped) == "enough"
    assert lab.loop.position.step == 2


def test_a_script_that_trains_on_after_it_is_ended(directory: RunDirectory) -> None:
    w = torch.ones(2, requires_grad=True)
    with watched(directory, {2: [Stop("")]}) as lab:
        with pytest.raises(KeyboardInterrupt):
            descend(w, 10)
        with pytest.raises(SystemExit):
            descend(w, 10)

    assert lab.loop.position.step == 2


@pytest.mark.parametrize(
    "order", [Rewind(1), TakeAgain({}), Evaluate(), Mistake("backward-twice")], ids=str
)
def test_what_a_script_can_t_do_is_refused_in_a_sentence(
    directory: RunDirectory, order: Command
) -> None:
    w = torch.ones(2, requires_grad=True)
    with watched(directory, {2: [order]}) as lab:
        descend(w, 4)
    (answer,) = lab.control.answers

    assert not answer.ok
    assert answer.message.endswith(".")
    assert lab.loop.position.step == 4


def test_a_checkpoint_is_asked_of_whoever_saves(directory: RunDirectory) -> None:
    w = torch.ones(2, requires_grad=True)
    with watched(directory, {2: [Checkpoint()]}) as lab:
        lab.loop.helm.save = lambda: "It is kept."
        descend(w, 4)

    assert lab.control.answers[0].ok
    assert any("It is kept." in getattr(event, "message", "") for event in lab.log)


def guarded(directory: RunDirectory, way_out: Command) -> tuple[Tensor, Any]:
    w = torch.ones(2, requires_grad=True)
    with watched(directory, {3: [way_out]}, guard="hold") as lab:
        descend(w, 4, poisoned=3)
    return w, lab


def test_a_loss_that_is_not_finite_is_held_before_its_update(directory: RunDirectory) -> None:
    w = torch.ones(2, requires_grad=True)
    with (
        watched(directory, {3: [Stop("")]}, guard="hold") as lab,
        pytest.raises(KeyboardInterrupt),
    ):
        descend(w, 4, poisoned=3)
    (alarm,) = [event for event in lab.log if isinstance(event, AlarmRaised)]

    assert (alarm.step, alarm.kind, alarm.held) == (3, "guard/loss", True)
    assert torch.isfinite(w).all()
    assert lab.loop.position.step == 2


def test_the_batch_can_be_left_out(directory: RunDirectory) -> None:
    w, lab = guarded(directory, Skip())
    expected = torch.ones(2, requires_grad=True)
    descend(expected, 3)

    assert torch.equal(w, expected)
    assert [e.then for e in lab.log if isinstance(e, StepAbandoned)] == ["skip"]


def test_or_clipped(directory: RunDirectory) -> None:
    w, _ = guarded(directory, Clip())

    assert torch.isfinite(w).all()


def test_or_let_be(directory: RunDirectory) -> None:
    w, lab = guarded(directory, Resume())

    assert torch.isnan(w).all()
    assert lab.loop.position.step == 4


def test_without_a_guard_it_is_said(directory: RunDirectory) -> None:
    w = torch.ones(2, requires_grad=True)
    with watched(directory) as lab:
        descend(w, 4, poisoned=3)
    alarms = [event for event in lab.log if isinstance(event, AlarmRaised)]

    assert [(alarm.kind, alarm.step, alarm.held) for alarm in alarms] == [
        ("step/first_nan", 3, False)
    ]
