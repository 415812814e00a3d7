"""A program's steps taken phase by phase with the watch at each, and what came of it in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import torch

from tui_lab.commands import MistakeKind
from tui_lab.events import RunEvent
from tui_lab.plugins import load_experiment
from tui_lab.schedule import Intervention
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.alterations import alterations
from tui_lab.worker.attempt import line_of
from tui_lab.worker.probe import GradientProbe
from tui_lab.worker.programs import program_class
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.watch import StepWatch

E = TypeVar("E")


def built(name: str, **values: Any) -> Program:
    """A program of the lab, ready for its first step."""
    experiment = load_experiment(name)
    chosen = experiment.choose(values)
    torch.manual_seed(0)
    program = program_class(experiment.program)(chosen, seed=0, device=torch.device("cpu"))
    program.build()
    return program


def _without_end(program: Program) -> Iterator[Any]:
    while True:
        yield from program.batches


class Stepped:
    """Holds a program at each phase, as the loop does."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.log: list[RunEvent] = []
        self.remarks: list[str] = []
        publisher = SimpleNamespace(
            probe=GradientProbe(program, 100),
            t=0.0,
            emit=self.log.append,
            note=self.log.append,
            remark=lambda step, message: self.remarks.append(message),
            health=SimpleNamespace(look=lambda snapshot, t: ()),
        )
        self.source = getattr(program.step_source(), "__code__", None)
        self.watch = StepWatch(cast("Publisher", publisher), lambda: 0.0)
        self.batches = _without_end(program)
        self.step = 0

    def phases(self, *mistakes: MistakeKind, held: bool = True) -> Iterator[Phase]:
        """The phases of the next step, at each of which it has been looked at."""
        self.step += 1
        batch = next(self.batches)
        phases = cast("Any", self.program.step(batch))
        made = alterations(self.program, [Intervention(step=1, act=kind) for kind in mistakes])
        self.watch.begin(self.step, batch, mistakes)
        for phase in phases:
            for each in made:
                each.at(phase)
            self.watch.observe(phase)
            if held:
                self.watch.hold(self.step, phase, line_of(phases, self.source))
            yield phase
        self.watch.end(self.step, held=held)

    def take(
        self,
        *mistakes: MistakeKind,
        look: Callable[[Phase], object] = lambda phase: None,
        held: bool = True,
    ) -> None:
        """Take the next step, looking at each phase."""
        for phase in self.phases(*mistakes, held=held):
            look(phase)

    def of(self, kind: type[E]) -> list[E]:
        """Everything of this kind in the log."""
        return [event for event in self.log if isinstance(event, kind)]
