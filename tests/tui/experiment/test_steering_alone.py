"""Protects orders to a run: which make sense now, what goes to the worker, what its answer does."""

from __future__ import annotations

import dataclasses

import pytest

from tests.tui.experiment.parts import Parts
from tests.tui.fakes import TOY
from tests.tui.opened import FINISHED
from tui_lab.commands import Acknowledgement, Advance, Command, Evaluate, Pause, Resume
from tui_lab.errors import RunError
from tui_lab.events import RunPaused
from tui_lab.tui.experiment.steering import Steering

ORDERS = ("pause", "phase", "step", "epoch", "evaluate", "stop")


@pytest.mark.parametrize(
    ("order", "command"),
    [
        ("pause", Pause()),
        ("phase", Advance("phase")),
        ("step", Advance("step")),
        ("epoch", Advance("epoch")),
        ("evaluate", Evaluate()),
    ],
)
def test_an_order_goes_to_the_run_shown_and_its_answer_is_posted(
    order: str, command: Command
) -> None:
    parts = Parts().open()
    parts.steering.give(order)
    assert parts.session.sent == [(parts.id, command)]
    assert (parts.answers, parts.told) == ([(command, True)], [])


def test_a_paused_run_is_told_to_go_on() -> None:
    parts = Parts(RunPaused(t=1.2, step=9)).open()
    parts.steering.give("pause")
    assert parts.session.sent == [(parts.id, Resume())]


def test_a_refusal_is_told_and_not_taken() -> None:
    parts = Parts().open()
    parts.session.answer = Acknowledgement(False, 8, "not now")
    parts.steering.give("step")
    assert (parts.answers, parts.told) == ([(Advance("step"), False)], ["not now"])


def test_a_command_that_reaches_nobody_is_told_and_not_taken() -> None:
    parts = Parts(FINISHED).open()
    parts.session.put(dataclasses.replace(parts.session.summary(parts.id), live=False))
    parts.steering.send(Pause())
    assert parts.answers == [(Pause(), False)]
    assert parts.told == [f"{parts.id} is not running."]


def test_an_order_to_advance_without_a_live_run_starts_one() -> None:
    parts = Parts(FINISHED).open()
    for order in ("phase", "step", "epoch"):
        parts.steering.give(order)
    assert parts.held == ["phase", "step", "epoch"]
    assert parts.answers == []


def test_a_run_that_does_not_stop_is_told() -> None:
    parts = Parts().open()
    parts.session.stop_error = RunError("It goes on.")
    parts.steering.give("stop")
    assert parts.told == ["It goes on."]
    assert parts.kinds[-1] is Steering.Stopped


@pytest.mark.parametrize(("demonstration", "possible"), [(False, list(ORDERS)), (True, ["stop"])])
def test_a_demonstration_has_no_steps(demonstration: bool, possible: list[str]) -> None:
    parts = Parts(experiment=dataclasses.replace(TOY, demonstration=demonstration))
    starting = [] if demonstration else ["phase", "step", "epoch"]
    assert [order for order in ORDERS if parts.steering.can(order)] == starting  # nothing runs yet
    parts.open()
    assert [order for order in ORDERS if parts.steering.can(order)] == possible
