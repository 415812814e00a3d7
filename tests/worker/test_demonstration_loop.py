"""Protects the loop of a demonstration: it follows its knobs, refuses what makes no sense, and ends
with an order or with its lab."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import cast

import pytest
import torch
from torch import Tensor

from tests.worker.conftest import MakeRun
from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Command,
    SetHyperparameter,
    SetHyperparameters,
    Stop,
)
from tui_lab.errors import HyperparameterError
from tui_lab.events import HyperparameterChanged, MetricsLogged
from tui_lab.experiment import Experiment, Metric
from tui_lab.hyperparameters import Float, Hyperparameters
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.program import Demonstration
from tui_lab.worker.control import Control, Request
from tui_lab.worker.demonstration import DemonstrationLoop
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.position import Position
from tui_lab.worker.process import PARENT
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord


def _ordered(hp: Hyperparameters) -> HyperparameterError | None:
    return None if hp.low < hp.high else HyperparameterError("low", "low must be less than high.")


SPAN = Experiment(
    name="span",
    title="Span",
    chapter="Basics",
    summary="How far it is from low to high.",
    hyperparameters=(
        Float("low", default=0.0, low=-9.0, high=9.0),
        Float("high", default=1.0, low=-9.0, high=9.0),
    ),
    metrics=(Metric("span", "The distance."),),
    pictures=(),
    program="none:None",
    demonstration=True,
    constraint=_ordered,
)


class Span(Demonstration):
    def build(self) -> None:
        self._span = self.hp.high - self.hp.low

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"span": self._span}


class Orders:
    """A control that hands out what the test ordered, then says to stop."""

    def __init__(self, *commands: Command) -> None:
        self.requests = [Request(command) for command in commands]
        self._waiting = [*self.requests, Request(Stop("enough"))]

    def take(self, timeout: float | None) -> Request:
        return self._waiting.pop(0)

    @property
    def answers(self) -> list[Acknowledgement]:
        return [request.wait() for request in self.requests]


def built(hyperparameters: Hyperparameters) -> Span:
    program = Span(hyperparameters, seed=0, device=torch.device("cpu"))
    program.build()
    return program


@pytest.fixture
def directory(make_run: MakeRun) -> RunDirectory:
    return make_run(RunRequest(experiment="span", program="none:None", hyperparameters={}))


def follow(directory: RunDirectory, *commands: Command) -> tuple[Orders, Position, float]:
    """Run the loop over these commands; gives the last span measured."""
    record, program = RunRecord(directory), built(SPAN.defaults)
    publisher = Publisher(program, record, total_steps=0)
    orders = Orders(*commands)
    loop = DemonstrationLoop(SPAN, program, built, cast("Control", orders), publisher)
    with pytest.raises(Stopped, match="enough"):
        loop.run(interactive=True)
    return orders, publisher.position, publisher.last_metrics()["span"]


def test_every_knob_is_followed(directory: RunDirectory) -> None:
    low, high = SetHyperparameter("low", -2), SetHyperparameter("high", "4")
    orders, position, span = follow(directory, low, high)
    assert [answer.ok for answer in orders.answers] == [True, True]
    assert (position.step, span) == (2, 6.0)


def test_what_makes_no_sense_is_refused_and_changes_nothing(directory: RunDirectory) -> None:
    orders, position, span = follow(
        directory,
        SetHyperparameter("low", 5),
        SetHyperparameter("width", 1),
        SetHyperparameter("high", 1e9),
        Advance("step"),
    )
    assert [answer.ok for answer in orders.answers] == [False] * 4
    assert (position.step, span) == (0, 1.0)


@pytest.mark.parametrize("values", [{"low": 5, "high": "6"}, {"high": "6", "low": 5}])
def test_values_that_come_together_need_make_sense_together_only(
    directory: RunDirectory, values: Mapping[str, object]
) -> None:
    alone = SetHyperparameter("low", 5)
    orders, position, span = follow(directory, alone, SetHyperparameters(values))
    assert [answer.ok for answer in orders.answers] == [False, True]
    assert (position.step, span) == (1, 1.0)
    log = RunTail(directory.events_path).read()
    changes = [event for event in log if isinstance(event, HyperparameterChanged)]
    expected = {"low": (0.0, 5.0), "high": (1.0, 6.0)}
    assert {change.name: (change.old, change.new) for change in changes} == expected
    assert {change.step for change in changes} == {1}
    measured = [event for event in log if isinstance(event, MetricsLogged)]
    assert [list(event.columns["span"]) for event in measured] == [[1.0], [1.0]]


def test_of_several_values_all_are_taken_or_none(directory: RunDirectory) -> None:
    orders, position, span = follow(directory, SetHyperparameters({"high": 4, "low": 7}))
    [answer] = orders.answers
    assert not answer.ok
    assert "low must be less than high" in answer.message
    assert (position.step, span) == (0, 1.0)


def test_it_ends_with_the_lab_that_shows_it(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = built(SPAN.defaults)
    publisher = Publisher(program, RunRecord(directory), total_steps=0)
    control = cast("Control", Orders())
    loop = DemonstrationLoop(SPAN, program, built, control, publisher)
    monkeypatch.setattr(os, "getppid", lambda: -1)
    with pytest.raises(Stopped, match="is gone"):
        loop.run(interactive=True)


def test_headless_it_is_computed_once(directory: RunDirectory) -> None:
    program = built(SPAN.defaults)
    publisher = Publisher(program, RunRecord(directory), total_steps=0)
    DemonstrationLoop(SPAN, program, built, cast("Control", Orders()), publisher).run(
        interactive=False
    )
    assert publisher.last_metrics() == {"span": 1.0}


def test_it_ends_when_the_lab_went_before_it_was_up(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PARENT, str(os.getpid()))  # the lab; the parent is another process by now
    publisher = Publisher(built(SPAN.defaults), RunRecord(directory), total_steps=0)
    control = cast("Control", Orders())
    loop = DemonstrationLoop(SPAN, built(SPAN.defaults), built, control, publisher)
    with pytest.raises(Stopped, match="is gone"):
        loop.run(interactive=True)
