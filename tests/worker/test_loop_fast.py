"""Protects what the fast path of the loop, on which nobody looks at a step, must not miss: an order
is obeyed at the next step; pictures wait as long as they are dear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from tests.worker.conducted import EXPERIMENT, ScriptedControl, Toy, of
from tui_lab import events
from tui_lab.commands import Command, Pause, Resume
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.batches import Batches
from tui_lab.worker.loop import Loop
from tui_lab.worker.position import Position
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

STEPS = 4000


class Long(Toy):
    """One epoch of many steps."""

    def build(self) -> None:
        super().build()
        self.batches = Batches((torch.zeros(STEPS, 1),), 1, self.generator)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Drawn(Toy):
    """Draws for two seconds."""

    clock: Clock
    drawn = 0

    def pictures(self) -> Mapping[str, Any]:
        self.drawn += 1
        self.clock.now += 2.0
        return {}


def built(toy: type[Toy], epochs: int) -> Toy:
    program = toy(EXPERIMENT.choose({"epochs": epochs}), seed=0, device=torch.device("cpu"))
    program.build()
    return program


def test_an_order_is_obeyed_at_the_next_step(directory: RunDirectory) -> None:
    """Watched are every 62nd step and the last: 1,001 is none of them."""
    program = built(Long, 1)
    publisher = Publisher(program, RunRecord(directory), total_steps=STEPS)
    orders: dict[int, list[Command]] = {1001: [Pause(), Resume()]}
    control = ScriptedControl(orders)
    control.loop = Loop(EXPERIMENT, program, control, publisher)  # type: ignore[arg-type]
    control.loop.run()
    publisher.publish()
    assert [answer.step for answer in control.answers] == [1001, 1002]
    (paused,) = of(events.RunPaused, RunTail(directory.events_path).read())
    assert paused.step == 1001


def test_dear_pictures_are_drawn_seldom(directory: RunDirectory) -> None:
    program = built(Drawn, 1)
    assert isinstance(program, Drawn)
    clock = program.clock = Clock()
    position = Position(clock=clock)
    publisher = Publisher(
        program, RunRecord(directory), total_steps=3, position=position, clock=clock
    )
    publisher.evaluate_epoch()
    for seconds, drawn in ((1.0, 1), (18.0, 1), (1.5, 2)):
        clock.now += seconds
        publisher.evaluate_epoch()
        assert program.drawn == drawn, seconds
