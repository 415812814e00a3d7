"""Protects how the loop holds still, at phases, steps and epochs, and that what is asked of it
meanwhile is answered once, with the step at which it took effect."""

from __future__ import annotations

import pytest

from tests.worker.conducted import conduct, losses, of
from tui_lab import commands, events
from tui_lab.commands import Acknowledgement, Advance, Command, Pause, Resume, SetHyperparameter
from tui_lab.runs.directory import RunDirectory


def test_pause_step_epoch_and_resume(directory: RunDirectory) -> None:
    orders: list[Command] = [Pause(), Advance("step"), Advance("step"), Advance("epoch"), Resume()]
    when = {1: orders[:2], 2: orders[2:3], 3: orders[3:4], 6: orders[4:]}
    log, control, _ = conduct(directory, when, epochs=3)
    assert [answer.step for answer in control.answers] == [1, 2, 3, 4, 7]
    assert [pause.step for pause in of(events.RunPaused, log)] == [1, 2, 3, 6]
    assert [resume.step for resume in of(events.RunResumed, log)] == [1, 2, 3, 6]


def test_resume_cancels_an_advance_under_way(directory: RunDirectory) -> None:
    log, control, _ = conduct(directory, {1: [Pause(), Advance("epoch")], 2: [Resume()]})
    assert [answer.step for answer in control.answers] == [1, 2, 3]
    assert [pause.step for pause in of(events.RunPaused, log)] == [1]


def test_two_orders_to_advance_an_epoch_are_two_epochs(directory: RunDirectory) -> None:
    orders: list[Command] = [Pause(), Advance("epoch"), Advance("epoch")]
    log, _, _ = conduct(directory, {1: orders, 6: [Resume()]}, epochs=3)
    assert [pause.step for pause in of(events.RunPaused, log)] == [1, 6]


def test_phases_are_entered_one_by_one_with_the_state_of_the_gradient(
    directory: RunDirectory,
) -> None:
    orders: list[Command] = [Pause(), *[Advance("phase")] * 4]
    log, _, _ = conduct(directory, {1: orders, 2: [Advance("step"), Resume()]})
    entered = of(events.PhaseEntered, log)
    assert [(e.step, e.phase) for e in entered][:4] == [
        (2, "forward"),
        (2, "backward"),
        (2, "update"),
        (2, "zero_grad"),
    ]
    lines = [e.line for e in entered]
    assert lines == sorted(lines)
    assert len(set(lines)) == 4
    held = [g for g in of(events.GradientsLogged, log) if g.step == 2]
    *phases, over = [g.phase for g in held]
    assert phases == ["forward", "backward", "update", "zero_grad"]
    assert over == "zero_grad"  # held once more, the step being over
    assert [g.parameters[0]["grad"] for g in held[:4]] == ["zeroed", "set", "set", "zeroed"]
    assert [g.graph for g in held[:4]] == [True, False, False, False]
    assert held[1].parameters[0]["grad_norm"] == 1.0
    assert held[2].parameters[0]["update"] == pytest.approx(0.5 / 99.5)


def test_a_value_set_inside_a_step_waits_for_the_next_one(directory: RunDirectory) -> None:
    inside: list[Command] = [Pause(), Advance("phase"), SetHyperparameter("lr", 2.0), Resume()]
    log, control, _ = conduct(directory, {1: inside})
    assert control.answers[2] == Acknowledgement(True, 3)
    assert losses(log) == [100.0, 99.5, 99.0, 97.0, 95.0, 93.0]


def test_stop_inside_a_step_counts_only_finished_steps(directory: RunDirectory) -> None:
    _, control, loop = conduct(directory, {2: [Pause(), Advance("phase"), commands.Stop("enough")]})
    assert loop.position.step == 2
    assert control.requests[-1].answers == []  # the end of the run answers it
