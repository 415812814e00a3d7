"""Protects that a slip in a program of one's own is one sentence with the file, the line and what
to do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.worker.conducted import EXPERIMENT, Toy
from tests.worker.driven import CPU, building, drive
from tui_lab.errors import ExperimentError
from tui_lab.runs.directory import RunDirectory
from tui_lab.training.phase import Phase
from tui_lab.worker.fault import sentence

HERE = "test_fault.py"


class Unsaid(Toy):
    def step(self, batch: Any) -> Iterator[Phase]:  # type: ignore[return]
        self.forward(self.w)


class Pair(Toy):
    def step(self, batch: Any) -> Iterator[Phase]:
        yield self.forward((self.w, self.w))  # type: ignore[arg-type]


def line(function: Callable[..., Any], offset: int = 0) -> int:
    return inspect.getsourcelines(function)[1] + offset


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            Unsaid,
            f"{HERE}, line {line(Unsaid.step)}: Unsaid.step yields nothing; after each phase it "
            "must say so, such as `yield self.forward(loss)`.",
        ),
        (
            Pair,
            f"{HERE}, line {line(Pair.step, 1)}: self.forward() was given a tuple; give it the "
            "loss itself, a tensor.",
        ),
    ],
)
def test_a_slip_in_a_step_says_where_and_what_to_do(
    directory: RunDirectory, kind: type[Toy], said: str
) -> None:
    program = building(kind, EXPERIMENT)(CPU, EXPERIMENT.defaults)
    with pytest.raises(ExperimentError) as raised:
        drive(directory, EXPERIMENT, program)
    assert str(raised.value) == said


class Layer(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x @ torch.ones(3, 3)


def in_torch() -> None:
    nn.Sequential(Layer())(torch.ones(2))


def in_itself() -> None:
    raise ValueError("first\nsecond")


@pytest.mark.parametrize(
    ("fail", "place"),
    [(in_torch, line(Layer.forward, 1)), (in_itself, line(in_itself, 1))],
)
def test_the_innermost_line_of_its_own_is_named(fail: Callable[[], None], place: int) -> None:
    with pytest.raises((RuntimeError, ValueError)) as raised:
        fail()
    first, *others = sentence(raised.value).splitlines()
    assert first.endswith(f" ({HERE}, line {place})")
    assert others in ([], ["second"])


def test_what_arose_in_no_file_of_its_own_is_said_as_it_is() -> None:
    assert sentence(ValueError("odd")) == "ValueError: odd"
