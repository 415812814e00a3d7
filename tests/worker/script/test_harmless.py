"""Protects that watching changes no number: a script that is watched, held at every phase or run
freely, ends with the very parameters it would have had."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from tests.worker.script.trainings import TRAININGS, Parameters
from tests.worker.script.watched import watched
from tui_lab.commands import Advance, Command, Resume
from tui_lab.runs.directory import RunDirectory

Train = Callable[[], Parameters]


def same(found: Parameters, expected: Parameters) -> bool:
    pairs = zip(found, expected, strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("train", TRAININGS.values(), ids=TRAININGS)
def test_a_watched_script_ends_where_it_would_have(directory: RunDirectory, train: Train) -> None:
    expected = train()
    with watched(directory) as lab:
        found = train()

    assert same(found, expected)
    assert lab.loop.position.step > 0


@pytest.mark.parametrize("train", TRAININGS.values(), ids=TRAININGS)
def test_so_does_one_that_is_held_at_every_phase(directory: RunDirectory, train: Train) -> None:
    expected = train()
    orders: list[Command] = [*[Advance("phase")] * 9, Resume()]
    with watched(directory, {0: orders}, hold="phase") as lab:
        found = train()

    assert same(found, expected)
    assert [answer.ok for answer in lab.control.answers] == [True] * len(orders)


@pytest.mark.parametrize("train", TRAININGS.values(), ids=TRAININGS)
def test_so_does_one_that_is_guarded(directory: RunDirectory, train: Train) -> None:
    expected = train()
    with watched(directory, guard="hold"):
        found = train()

    assert same(found, expected)


def test_nothing_is_left_attached(directory: RunDirectory) -> None:
    names = [
        (torch.Tensor, "backward"),
        (torch.autograd, "backward"),
        (torch.optim.Optimizer, "__init__"),
        (torch.optim.Optimizer, "zero_grad"),
        (torch.nn.Module, "zero_grad"),
        (torch.utils.data.DataLoader, "__iter__"),
        (torch.nn.modules.loss._Loss, "__call__"),
        (torch.nn.functional, "mse_loss"),
    ]
    before = [getattr(owner, name) for owner, name in names]
    with watched(directory):
        inside = [getattr(owner, name) for owner, name in names]

    assert [getattr(owner, name) for owner, name in names] == before
    assert not any(one is other for one, other in zip(inside, before, strict=True))
