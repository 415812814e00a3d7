"""Protects what can be turned in a script: each knob does what its name says from the next update
on, and what belongs to the script or its schedulers stays as they have it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

from tests.worker.script.watched import Watched, watched
from tui_lab.commands import Command, SetHyperparameter, SetHyperparameters
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.script.numbers import numbers


def descent(optimizer: torch.optim.Optimizer, w: torch.Tensor, steps: int) -> list[float]:
    """w with a gradient of 1 at each step."""
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = w.sum()
        loss.backward()
        optimizer.step()
        seen.append(w.item())
    return seen


def turn(name: str, value: Any) -> list[Command]:
    return [SetHyperparameter(name, value)]


def test_a_learning_rate_is_in_force_from_the_next_step_on(directory: RunDirectory) -> None:
    w = torch.zeros(1, requires_grad=True)
    with watched(directory, {2: turn("lr", 1.0)}) as lab:
        optimizer = torch.optim.SGD([w], lr=0.5)
        seen = descent(optimizer, w, 4)

    assert seen == [-0.5, -1.0, -2.0, -3.0]
    assert [answer.step for answer in lab.control.answers] == [3]
    assert optimizer.param_groups[0]["lr"] == 0.5  # the script's own stays
    assert lab.column("optimizer/lr") == [0.5, 0.5, 1.0, 1.0]


def test_of_a_schedule_the_knob_is_a_factor(directory: RunDirectory) -> None:
    w = torch.zeros(1, requires_grad=True)
    with watched(directory, {1: turn("lr_scale", 10.0)}) as lab:
        optimizer = torch.optim.SGD([w], lr=1.0)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        for _ in range(3):
            descent(optimizer, w, 1)
            schedule.step()

    assert lab.column("optimizer/lr") == [1.0, 5.0, 2.5]
    assert "lr" not in lab.finding.values


def test_a_rate_that_the_script_writes_itself_is_taken_over(directory: RunDirectory) -> None:
    w = torch.zeros(1, requires_grad=True)
    with watched(directory, {1: turn("lr", 7.0)}) as lab:
        optimizer = torch.optim.SGD([w], lr=1.0)
        for step in range(3):
            optimizer.param_groups[0]["lr"] = 1.0 + step
            descent(optimizer, w, 1)

    assert lab.column("optimizer/lr") == [1.0, 7.0, 7.0]


def test_numbers_in_a_tuple_and_in_a_tensor_are_knobs(directory: RunDirectory) -> None:
    w = torch.zeros(1, requires_grad=True)
    values = SetHyperparameters({"beta1": 0.5, "lr": 0.25, "weight_decay": 0.125})
    with watched(directory, {1: [values]}) as lab:
        optimizer = torch.optim.Adam([w], lr=torch.tensor(0.5), betas=(0.9, 0.99))
        descent(optimizer, w, 1)
        used: dict[str, Any] = {}
        optimizer.register_step_post_hook(lambda o, *_: used.update(o.param_groups[0]))
        descent(optimizer, w, 1)

    assert used["betas"] == (0.5, 0.99)
    assert used["weight_decay"] == 0.125
    assert torch.equal(used["lr"], torch.tensor(0.25))
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.99)
    assert torch.equal(optimizer.param_groups[0]["lr"], torch.tensor(0.5))
    assert lab.column("optimizer/beta1") == [0.5]


def test_groups_that_agree_share_a_knob_and_others_have_their_own() -> None:
    a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    groups = [{"params": [a], "weight_decay": 0.1}, {"params": [b], "weight_decay": 0.0}]
    found = numbers({"adamw": torch.optim.AdamW(groups, lr=0.01)}, ())
    by_name = {number.name: number for number in found}

    assert set(by_name) == {"lr", "beta1", "beta2", "eps", "weight_decay_0", "weight_decay_1"}
    by_name["lr"].turn(0.5)
    by_name["lr"].put()
    assert [group["lr"] for group in by_name["lr"].groups] == [0.5, 0.5]
    by_name["lr"].restore()
    assert [group["lr"] for group in by_name["lr"].groups] == [0.01, 0.01]


@pytest.mark.parametrize(
    "optimizer", ["SGD", "Adam", "RMSprop", "Adagrad", "LBFGS", "Rprop", "ASGD"]
)
def test_every_number_is_within_the_range_of_its_knob(optimizer: str) -> None:
    made = getattr(torch.optim, optimizer)([torch.ones(1, requires_grad=True)], lr=1e-7)
    found = numbers({"it": made}, ())

    assert "lr" in {number.name for number in found}
    for number in found:
        knob = number.hyperparameter
        assert knob.check(number.value) == number.value
        assert knob.live


def test_clipping_scales_the_gradients_down_before_the_update(directory: RunDirectory) -> None:
    w = torch.zeros(1, requires_grad=True)
    with watched(directory, {1: turn("clip", 0.25)}):
        seen = descent(torch.optim.SGD([w], lr=1.0), w, 3)

    assert seen == pytest.approx([-1.0, -1.25, -1.5], abs=1e-5)


def test_a_closure_is_clipped_after_its_gradients_are_there(directory: RunDirectory) -> None:
    w = torch.zeros(1, requires_grad=True)
    with watched(directory, {1: turn("clip", 0.25)}):
        optimizer = torch.optim.SGD([w], lr=1.0)

        def closure() -> torch.Tensor:
            optimizer.zero_grad()
            loss = w.sum()
            loss.backward()
            return loss

        for _ in range(2):
            optimizer.step(closure)

    assert w.item() == pytest.approx(-1.25, abs=1e-5)


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5), nn.Linear(3, 1))


def train(model: nn.Module, steps: int) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        model(torch.ones(4, 2)).sum().backward()
        optimizer.step()


def test_a_layer_that_is_frozen_stays_to_the_last_bit(directory: RunDirectory) -> None:
    model = network()
    with watched(directory, {0: turn("freeze_0", True), 2: turn("freeze_0", False)}) as lab:
        last = model.get_parameter("2.weight").detach().clone()
        states = [model.get_parameter("0.weight").detach().clone()]
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
        for _ in range(4):
            optimizer.zero_grad()
            model(torch.ones(4, 2)).sum().backward()
            optimizer.step()
            states.append(model.get_parameter("0.weight").detach().clone())

    stayed = [torch.equal(one, other) for one, other in pairwise(states)]
    assert stayed == [False, True, False, False]  # found in step 1, turned on from step 2
    assert not torch.equal(model.get_parameter("2.weight"), last)
    assert all(answer.ok for answer in lab.control.answers)


def test_what_is_dropped_can_be_turned(directory: RunDirectory) -> None:
    model = network()
    with watched(directory, {1: turn("dropout", 0.0)}):
        train(model, 2)

    assert model[1].p == 0.0


def test_a_value_out_of_range_is_refused_in_a_sentence(directory: RunDirectory) -> None:
    w = torch.zeros(1, requires_grad=True)
    with watched(directory, {1: [*turn("lr", -3), *turn("lrr", 3)]}) as lab:
        descent(torch.optim.SGD([w], lr=1.0), w, 3)

    negative, unknown = lab.control.answers
    assert (negative.ok, unknown.ok) == (False, False)
    assert "lr must be a number from 0" in negative.message
    assert "did you mean lr?" in unknown.message


def test_what_was_turned_outlives_a_new_finding(directory: RunDirectory) -> None:
    a, b = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)

    def step(lab: Watched, optimizer: torch.optim.Optimizer) -> None:
        (a + b).sum().backward()
        optimizer.step()

    with watched(directory, {1: turn("momentum", 0.9)}) as lab:
        optimizer = torch.optim.SGD([a], lr=0.1)
        step(lab, optimizer)
        optimizer.add_param_group({"params": [b]})
        step(lab, optimizer)
        step(lab, optimizer)

    assert lab.finding.values["momentum"] == 0.9
    assert b.item() < a.item() / 2
