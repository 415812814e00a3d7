"""Protects the figure of what the lab costs: all of a run's time is the program's or the lab's, but
for what it is held still, and it is logged when it has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.worker.conducted import EXPERIMENT, ScriptedControl, Toy, of
from tui_lab.commands import Advance, Command, Pause, Resume
from tui_lab.cost import LabCostMeasured
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.phase import Phase
from tui_lab.worker.lab_cost import LabCost
from tui_lab.worker.loop import Loop
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

CPU = torch.device("cpu")
STEP, EVALUATION, WRITING, WAITING = 1.0, 0.5, 0.25, 60.0


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Timed(Toy):
    """Each of its steps takes a second unless told otherwise, its evaluation half a one."""

    clock: Clock
    seconds = STEP

    def step(self, batch: Any) -> Iterator[Phase]:
        self.clock.now += self.seconds
        yield from super().step(batch)

    def evaluate(self) -> Mapping[str, float | Tensor]:
        self.clock.now += EVALUATION
        return super().evaluate()


class Slow(RunRecord):
    """Takes a quarter of a second to write."""

    clock: Clock

    def flush(self) -> None:
        self.clock.now += WRITING
        super().flush()


class Waited(ScriptedControl):
    """Whoever waits for an order waits for a minute."""

    clock: Clock

    def take(self, timeout: float | None) -> Any:
        self.clock.now += WAITING if timeout else 0.0
        return super().take(timeout)


def driven(
    directory: RunDirectory, before: Mapping[int, list[Command]], *, seconds: float = STEP
) -> tuple[float, list[LabCostMeasured]]:
    """How long the toy's two epochs of three steps took, and what was logged of the lab's cost."""
    clock = Clock()
    toy = Timed(EXPERIMENT.choose({"epochs": 2}), seed=0, device=CPU)
    toy.clock, toy.seconds = clock, seconds
    toy.build()
    record, control = Slow(directory), Waited(before)
    record.clock = control.clock = clock
    publisher = Publisher(toy, record, total_steps=1 << 40, clock=clock)
    control.loop = loop = Loop(EXPERIMENT, toy, control, publisher)  # type: ignore[arg-type]
    begun = clock.now
    loop.run()
    took = clock.now - begun
    publisher.publish()
    return took, of(LabCostMeasured, RunTail(directory.events_path).read())


def test_what_is_not_the_programs_is_the_labs(directory: RunDirectory) -> None:
    took, said = driven(directory, {})
    program = 6 * STEP + 2 * EVALUATION
    assert took > program
    assert said[-1].step == 6
    assert said[-1].share == pytest.approx(1 - program / took, abs=1e-5)


def test_fast_steps_are_the_programs_though_none_of_them_is_timed(directory: RunDirectory) -> None:
    took, said = driven(directory, {}, seconds=0.01)
    program = 6 * 0.01 + 2 * EVALUATION
    assert said[-1].share == pytest.approx(1 - program / took, abs=1e-5)


def test_waiting_while_held_is_not_cost(directory: RunDirectory) -> None:
    took, said = driven(directory, {3: [Pause(), Resume()]})
    assert took > WAITING
    program = 6 * STEP + 2 * EVALUATION
    assert said[-1].share == pytest.approx(1 - program / (took - WAITING), abs=1e-5)


def test_a_step_held_phase_by_phase_is_the_programs_too(directory: RunDirectory) -> None:
    orders: list[Command] = [Pause(), Advance("phase"), Advance("phase"), Resume()]
    took, said = driven(directory, {1: orders})
    program, waited = 6 * STEP + 2 * EVALUATION, 3 * WAITING
    assert said[-1].share == pytest.approx(1 - program / (took - waited), abs=1e-5)


def test_fast_steps_are_charged_what_taking_over_one_costs() -> None:
    clock = Clock()
    cost = LabCost(CPU, clock)
    for price in (0.1, 0.1, 5.0):  # one of them met something else
        with cost.taking_over():
            clock.now += price
    begun = clock.now
    with cost.program():
        clock.now += 10.0
    cost.took_over(20)
    assert cost.share == pytest.approx(1 - (10.0 - 20 * 0.1) / (clock.now - 1000.0))
    assert clock.now - begun == 10.0


def test_what_looks_within_a_step_is_not_the_program() -> None:
    clock = Clock()
    cost = LabCost(CPU, clock)
    with cost.program():
        clock.now += 4.0
    cost.looked(1.0)
    assert cost.share == pytest.approx(0.25)


def test_what_a_card_still_has_to_do_is_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()

    def finish(device: torch.device) -> None:
        clock.now += 3.0

    monkeypatch.setattr(torch.cuda, "synchronize", finish)
    cost = LabCost(torch.device("cuda"), clock)
    with cost.awaited():
        pass
    clock.now += 1.0
    assert cost.share == pytest.approx(0.25)


def test_it_is_said_once_a_second_and_only_when_it_has_changed() -> None:
    clock = Clock()
    cost = LabCost(CPU, clock)
    assert cost.measured(0.0, 1) is None  # nothing has gone by
    shares = []
    for lab in (0.2, 0.0, 0.01, 0.2, 0.5):
        clock.now += lab
        with cost.program():
            clock.now += 1.0 - lab
        shares.append(cost.measured(clock.now, 1))
    assert [found and found.share for found in shares] == [0.2, 0.1, 0.07, 0.1025, 0.182]
    clock.now += 0.5
    assert cost.measured(clock.now, 1) is None  # too soon
    last = cost.measured(clock.now, 1, last=True)
    assert last is not None
    assert cost.measured(clock.now, 1, last=True) is None  # it has been said


def test_a_change_that_nobody_would_notice_is_not_said() -> None:
    clock = Clock()
    cost = LabCost(CPU, clock)
    said = []
    for lab in (0.2, 0.21, 0.19):
        clock.now += lab
        with cost.program():
            clock.now += 1.0 - lab
        said.append(cost.measured(clock.now, 1))
    assert [found is not None for found in said] == [True, False, False]
    assert cost.measured(clock.now, 1, last=True) is None
