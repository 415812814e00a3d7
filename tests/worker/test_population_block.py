"""Protects at which step, and of which member, a population's measurements are written down."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor

from tui_lab.training.member_numbers import PartWays, numbers
from tui_lab.training.members import of
from tui_lab.training.program import Program, loss_of_step
from tui_lab.worker.population.block import PopulationBlock, of_member

COUNT = 2


def stepped(losses: list[Tensor], **records: Any) -> Program:
    program = SimpleNamespace(loss=losses[-1], micro_losses=losses[:-1], records=records)
    return cast("Program", program)


def test_a_metric_stands_at_the_steps_it_was_measured_after() -> None:
    block = PopulationBlock(COUNT)
    for step, keys in ((3, "ab"), (6, "a"), (9, "a"), (12, "ab")):
        found = {key: of(torch.tensor([step + 0.25, step + 0.5])) for key in keys}
        block.add_epoch(step, step // 3, found)
    _, measured = block.take({})
    told = [of_member(stretch, 1) for stretch in measured]
    assert [(each.at, each.columns) for each in told] == [
        ([(3, 1)], {"a": [3.5], "b": [3.5]}),
        ([(6, 2), (9, 3)], {"a": [6.5, 9.5]}),
        ([(12, 4)], {"a": [12.5], "b": [12.5]}),
    ]
    assert block.take({}) == ({}, [])


def test_micro_batches_of_other_sizes_count_by_their_examples() -> None:
    parts = [torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]), torch.tensor([[10.0], [20.0]])]
    block = PopulationBlock(COUNT)
    block.add(stepped([of(part) for part in parts]))
    columns, _ = block.take({})
    for k in range(COUNT):
        alone = loss_of_step(stepped([part[k] for part in parts]))
        assert alone is not None
        assert columns["train/loss"][k].tolist() == [float(alone.mean())]


def test_what_is_recorded_may_be_one_for_all_or_a_number_of_each() -> None:
    block = PopulationBlock(COUNT)
    for _ in range(3):
        loss = of(torch.ones(COUNT, 1))
        block.add(stepped([loss], lr=numbers((0.1, 0.2), torch.device("cpu")), w=torch.ones(2)))
    columns, _ = block.take({"w": ("w1", "w2")})
    assert columns["lr"].tolist() == [[0.1] * 3, [0.2] * 3]
    assert np.array_equal(columns["w2"], np.ones((COUNT, 3)))


def test_steps_that_record_other_things_are_refused() -> None:
    block = PopulationBlock(COUNT)
    block.add(stepped([of(torch.ones(COUNT, 1))], x=1.0))
    with pytest.raises(PartWays, match="train alone"):
        block.add(stepped([of(torch.ones(COUNT, 1))]))
