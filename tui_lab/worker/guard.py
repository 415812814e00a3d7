"""Holds a run before an update that would spoil it: at a loss or a gradient that is not finite.

Nothing is asked of a step that is taken freely. The losses of a block are looked at before they are
written; when one of them is not finite the run goes back, looks at every phase of the steps before
that one, and holds at the very phase where it began. What was done since then was never written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from tui_lab.commands import GuardMode
from tui_lab.training.phase import BACKWARD, FORWARD, Phase
from tui_lab.training.program import Program
from tui_lab.worker.origin import Origin


class Damage(Exception):
    """A step that was taken left a loss, or a parameter, that is not finite."""

    def __init__(self, step: int) -> None:
        super().__init__(f"step {step}")
        self.step = step


class Guard:
    """Looks at a program at the phases of a step."""

    def __init__(self, program: Program, mode: GuardMode) -> None:
        self.program = program
        self.mode: GuardMode = mode
        self.damaged_step = 0
        """The step that is known to end badly; 0 for none."""
        self._origin: Origin | None = None

    @property
    def holds(self) -> bool:
        """Whether the run is held where something is not finite."""
        return self.mode == "hold"

    def look_at(self, step: int) -> AbstractContextManager[object]:
        """What looks at every operation of a step, of one that is known to end badly."""
        self._origin = Origin(self.program) if step == self.damaged_step else None
        return self._origin or nullcontext()

    @property
    def origin(self) -> str:
        """Where in the step that stands still the first number arose that is not finite; empty
        where nobody looked."""
        return self._origin.sentence if self._origin is not None else ""

    def look(self, phase: Phase) -> bool:
        """Whether something at this phase is not finite."""
        return bool(self.found(phase))

    def found(self, phase: Phase) -> list[str]:
        """What is not finite at this phase: `loss`, or the parameters whose gradient is not."""
        if phase == FORWARD:
            return [name for name, tensor in self._losses() if not _is_finite(tensor)]
        if phase == BACKWARD:
            return [name for name, tensor in self._gradients() if not _is_finite(tensor)]
        return []

    def trips(self, phase: Phase, step: int) -> bool:
        """Whether the run is to be held at this phase of `step`; a step that is known to end badly
        is held before its update at the latest."""
        if not self.holds:
            return False
        return self.look(phase) or (phase == BACKWARD and step == self.damaged_step)

    def _losses(self) -> Iterator[tuple[str, Tensor]]:
        if self.program.loss is not None:
            yield "loss", self.program.loss

    def _gradients(self) -> Iterator[tuple[str, Tensor]]:
        for name, parameter in self.program.parameters().items():
            if parameter.is_leaf and parameter.grad is not None:
                yield name, parameter.grad


def _is_finite(tensor: Tensor) -> bool:
    values = tensor.detach()
    if values.is_sparse:
        values = values.coalesce().values()
    return bool(torch.isfinite(values).all())


def explained(found: list[str], origin: str) -> tuple[str, str]:
    """What was found not to be finite and where it arose, in words, and what to try."""
    retry = "take the batch again with a smaller lr, clip the gradient, or leave the batch out"
    match found:
        case []:
            what = "a parameter would not be finite after the update"
        case ["loss"]:
            what = "the loss is not finite"
        case [*_, last] if len(found) == 1:
            what = f"the gradient of {last} is not finite"
        case [*_, last]:
            what = f"{len(found)} gradients are not finite, {last} the nearest to the loss"
    return f"the {origin}" if origin else what, f"Try: {retry}."
