"""Values that are set together act from the same step on, all of them or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Command,
    Resume,
    SetHyperparameter,
    SetHyperparameters,
)
from tui_lab.errors import HyperparameterError
from tui_lab.events import HyperparameterChanged
from tui_lab.experiment import Experiment, Metric
from tui_lab.hyperparameters import Float, Hyperparameters, Int
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.batches import Batches
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.control import Control, Request
from tui_lab.worker.loop import Loop
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord


def _ordered(hp: Hyperparameters) -> HyperparameterError | None:
    return None if hp.low < hp.high else HyperparameterError("low", "low must be less than high.")


EXPERIMENT = Experiment(
    name="span",
    title="Span",
    chapter="Tests",
    summary="Nothing is learned.",
    hyperparameters=(
        Float("low", default=0.0, low=-9.0, high=9.0, live=True),
        Float("high", default=1.0, low=-9.0, high=9.0, live=True),
        Int("epochs", default=1, low=1, high=9),
        Int("width", default=1, low=1, high=9),
    ),
    metrics=(Metric("train/loss", "The distance."),),
    pictures=(),
    program="none:None",
    constraint=_ordered,
)


class Span(Program):
    """Its loss is the distance from low to high."""

    def build(self) -> None:
        self.batches = Batches((torch.zeros(4, 1),), 1, self.generator)

    def parameters(self) -> Mapping[str, Tensor]:
        return {}

    def step(self, batch: Any) -> Iterator[Phase]:
        yield self.forward(torch.tensor([self.hp.high - self.hp.low]))

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"train/loss": self.hp.high - self.hp.low}


class Orders:
    """Hands commands out before the second step, one after another."""

    def __init__(self, *commands: Command) -> None:
        self.requests = [Request(command, "pts/3") for command in commands]
        self._waiting = list(self.requests)
        self.loop: Loop | None = None

    @property
    def pending(self) -> bool:
        return bool(self._waiting) and self.loop is not None and self.loop.step >= 1

    def take(self, timeout: float | None) -> Request | None:
        return self._waiting.pop(0) if self._waiting else None

    def busy(self, doing: str) -> AbstractContextManager[None]:
        return nullcontext()


def changed(
    directory: RunDirectory, *commands: Command
) -> tuple[list[Acknowledgement], list[HyperparameterChanged]]:
    """What is answered to the commands, and what changes."""
    program = Span(EXPERIMENT.defaults, seed=0, device=torch.device("cpu"))
    program.build()
    publisher = Publisher(program, RunRecord(directory), total_steps=4)
    orders = Orders(*commands)
    loop = orders.loop = Loop(EXPERIMENT, program, cast("Control", orders), publisher)
    loop.run()
    publisher.publish()
    log = RunTail(directory.events_path).read()
    changes = [event for event in log if isinstance(event, HyperparameterChanged)]
    return [request.wait() for request in orders.requests], changes


def test_they_need_make_sense_together_only(directory: RunDirectory) -> None:
    together = SetHyperparameters({"low": 5.0, "high": 6.0})
    answers, changes = changed(directory, SetHyperparameter("low", 5.0), together)
    assert [answer.ok for answer in answers] == [False, True]
    assert [(c.step, c.name, c.old, c.new) for c in changes] == [
        (answers[1].step, "low", 0.0, 5.0),
        (answers[1].step, "high", 1.0, 6.0),
    ]
    assert {change.by for change in changes} == {"pts/3"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"low": 2.0, "high": 1.5}, "low must be less than high."),
        ({"high": 2.0, "width": 3}, "width can't change while a run is going on"),
        ({"high": 2.0, "middle": 3}, "no hyperparameter 'middle'"),
        ({"high": 2.0, "low": "x"}, "low must be a number from -9 to 9, not 'x'."),
    ],
)
def test_all_are_taken_or_none(
    directory: RunDirectory, values: Mapping[str, Any], sentence: str
) -> None:
    [answer], changes = changed(directory, SetHyperparameters(values))
    assert not answer.ok
    assert sentence in answer.message
    assert changes == []


def test_values_that_wait_for_the_end_of_a_step_count(directory: RunDirectory) -> None:
    inside: list[Command] = [
        Advance("phase"),
        SetHyperparameter("high", 8.0),
        SetHyperparameter("low", 7.0),
    ]
    answers, changes = changed(directory, *inside, Resume())
    assert [answer.ok for answer in answers] == [True] * 4
    assert [change.name for change in changes] == ["high", "low"]
    assert replace(answers[1], message="") == Acknowledgement(True, changes[0].step)
