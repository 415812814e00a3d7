"""Protects the one count of a run: it begins where it is told to, and its time goes on from there,
whatever the clock says."""

from __future__ import annotations

import torch

from tests.worker.conducted import EXPERIMENT, ScriptedControl, Toy, of
from tui_lab import events
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.worker.loop import Loop
from tui_lab.worker.position import Position
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

DEVICE = torch.device("cpu")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_time_goes_on_from_where_it_was() -> None:
    clock = Clock()
    position = Position(50, 2, 3.5, clock=clock)
    clock.now += 1.25
    assert (position.step, position.epoch, position.t) == (50, 2, 4.75)
    position.go_to(20, 1, 1.5)
    clock.now += 0.5
    assert (position.step, position.epoch, position.t) == (20, 1, 2.0)


def test_nothing_counts_from_0_by_itself(directory: RunDirectory) -> None:
    toy = Toy(EXPERIMENT.choose({"epochs": 5}), seed=0, device=DEVICE)
    toy.build()
    publisher = Publisher(toy, RunRecord(directory), total_steps=15, position=Position(9, 3, 60.0))
    control = ScriptedControl({})
    control.loop = Loop(EXPERIMENT, toy, control, publisher)  # type: ignore[arg-type]
    control.loop.run()
    publisher.publish()
    log = RunTail(directory.events_path).read()
    blocks = of(events.MetricsLogged, log)
    steps = [
        block.first + row
        for block in blocks
        if block.kind == "step"
        for row in range(len(block.columns["train/loss"]))
    ]
    assert steps == [10, 11, 12, 13, 14, 15]
    ends = [(b.steps, b.epochs) for b in blocks if b.kind == "epoch"]
    assert [pair for steps, epochs in ends for pair in zip(steps, epochs, strict=True)] == [
        (12, 4),
        (15, 5),
    ]
    seen = of(events.GradientsLogged, log)
    assert seen[0].step == 10
    assert seen[0].parameters[0]["times"] == 1
    assert all(60.0 <= event.t < 90.0 for event in log)
