"""What can be done inside a step that its program does not do itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

import torch

from tui_lab.schedule import Intervention
from tui_lab.training.phase import BACKWARD, Phase
from tui_lab.training.program import Program
from tui_lab.worker.mistakes import MISTAKES

_NORM = 1.0
"""‖∇‖ of all parameters together that is left."""


class Alteration(Protocol):
    """Something that is done to a program at the phases of one step."""

    order: int
    """Its place among several that are done at the same phase, whenever they were asked for."""

    def at(self, phase: Phase) -> object:
        """The step stands at `phase`."""


class Clipping:
    """After backward, what is not finite in a gradient becomes 0, and all of it together is scaled
    to a norm of 1 where it is longer."""

    order = 10
    """Clipped is what a mistake left."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def at(self, phase: Phase) -> None:
        if phase != BACKWARD:
            return
        found = [p.grad for p in self._program.parameters().values() if p.is_leaf]
        for gradient in (gradients := [g for g in found if g is not None]):
            torch.nan_to_num_(gradient, nan=0.0, posinf=0.0, neginf=0.0)
        norm = torch.nn.utils.get_total_norm(gradients)
        if norm > _NORM:
            torch._foreach_mul_(gradients, _NORM / norm)


ACTS: Mapping[str, Callable[[Program], Alteration]] = {"clip": Clipping, **MISTAKES}
"""Of `Intervention.act`, those that alter a step."""


def alterations(program: Program, done: Collection[Intervention]) -> list[Alteration]:
    """What is to be done within one step, of all that is done at it."""
    found = [ACTS[each.act](program) for each in done if each.act in ACTS]
    return sorted(found, key=lambda alteration: alteration.order)
