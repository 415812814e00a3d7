"""Protects what lets the loop rush through plain steps: it is told of every step that is more, and
a block holds the mean loss of each of its steps, whatever the sizes of their batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.worker.conducted import EXPERIMENT, Toy
from tui_lab.worker.block import StepBlock
from tui_lab.worker.probe import GradientProbe
from tui_lab.worker.respite import respite

LATER = 1e9
"""A time at which the last watched step is long ago, until there is one."""


def toy() -> Toy:
    program = Toy(EXPERIMENT.defaults, seed=0, device=torch.device("cpu"))
    program.build()
    return program


@pytest.mark.parametrize("total", [1, 2, 63, 64, 130, 1000])
def test_no_step_that_should_be_watched_is_passed_over(total: int) -> None:
    asked, told = GradientProbe(toy(), total), GradientProbe(toy(), total)
    watched = [step for step in range(1, total + 1) if asked.is_due(step, LATER)]
    due, jumped = 0, []
    while (due := told.next_due(due, LATER)) <= total:
        if told.is_due(due, LATER):
            jumped.append(due)
    assert jumped == watched
    assert watched[0] == 1
    assert watched[-1] == total


def test_a_step_is_due_once_enough_time_has_passed() -> None:
    probe = GradientProbe(toy(), 1_000_000)
    assert probe.is_due(1, 10.0)
    assert probe.next_due(1, 10.1) > 1000
    assert probe.next_due(1, 10.3) == 2


def test_after_a_watched_step_that_took_long_the_next_can_wait() -> None:
    probe = GradientProbe(toy(), 1_000_000)
    assert probe.is_due(1, 10.0)
    probe.rest(10.3, 0.3)
    assert probe.next_due(1, 10.3) == 2  # the first, cold look sets no pace
    probe.rest(10.001, 0.001)
    assert probe.next_due(1, 10.3) == 2  # a short one delays nothing
    probe.rest(10.01, 0.01)
    assert probe.next_due(1, 10.5) > 1000
    assert probe.next_due(1, 10.6) == 2


@pytest.mark.parametrize(
    ("spent", "rest"), [(0.001, 0.05), (0.01, 0.5), (0.05, 1.0), (0.24, 2.4), (1.0, 10.0)]
)
def test_looking_takes_a_fiftieth_of_the_time_or_rests_a_second(spent: float, rest: float) -> None:
    assert respite(spent) == pytest.approx(rest)


@pytest.mark.parametrize("sizes", [(4, 4, 4), (4, 4, 3), (4, 3, 4), (1, 4)])
def test_losses_of_any_size_become_means_in_order(sizes: tuple[int, ...]) -> None:
    block, program = StepBlock(), toy()
    losses = [torch.arange(float(size)).view(-1, 1) + size for size in sizes]
    for loss in losses:
        program.loss = loss
        block.add(program)
    means = block.take({})["train/loss"]
    assert np.array_equal(means, [loss.mean().item() for loss in losses])
    assert len(block) == 0


def test_scalar_losses_and_records_keep_no_graph() -> None:
    block, program = StepBlock(), toy()
    for step in range(3):
        program.loss = (program.w * step).sum()
        program.record("size", program.w.sum())
        block.add(program)
        assert not program.records
    columns = block.take({})
    assert columns["train/loss"].tolist() == [0.0, 100.0, 200.0]
    assert columns["size"].tolist() == [100.0] * 3
