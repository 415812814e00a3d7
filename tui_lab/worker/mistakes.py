"""The classic mistakes with gradients, made in one step of any program by what happens at its
phases: the step itself stays as it was written.

Each is begun with a step, or inside it before the phase at which it is made, and is told of each
phase from there on. A gradient that is put back as None may be more than a step written by hand can
take; torch's optimizers pass it over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor

from tui_lab.commands import MistakeKind
from tui_lab.training.phase import BACKWARD, UPDATE, ZERO_GRAD, Phase
from tui_lab.training.program import Program

Gradients = dict[str, Tensor | None]


class Mistake(ABC):
    """Knows the gradients as they stood at the last phase."""

    order: int
    """What is kept from the update is what both backward passes gave; so it comes after."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._last = self._gradients()

    def at(self, phase: Phase) -> None:
        """The step stands at `phase`."""
        self._make(phase)
        self._last = self._gradients()

    @abstractmethod
    def _make(self, phase: Phase) -> None:
        """Do at this phase what the mistake takes."""

    def _gradients(self) -> Gradients:
        return {
            name: None if p.grad is None else p.grad.detach().clone()
            for name, p in self._leaves().items()
        }

    def _put(self, gradients: Gradients) -> None:
        for name, parameter in self._leaves().items():
            gradient = gradients.get(name)
            parameter.grad = None if gradient is None else gradient.clone()

    def _leaves(self) -> dict[str, Tensor]:
        """Parameters that have a gradient of their own."""
        named = self._program.parameters().items()
        return {name: p for name, p in named if isinstance(p, Tensor) and p.is_leaf}


class BackwardTwice(Mistake):
    """What backward added to the gradients is added once more."""

    order = 0

    def _make(self, phase: Phase) -> None:
        if phase == BACKWARD:
            gradients = self._gradients()
            self._put(_sums(gradients, gradients, self._last))


class ForgetZeroGrad(Mistake):
    """The gradients are after zero_grad what they were before it."""

    order = 2

    def _make(self, phase: Phase) -> None:
        if phase == ZERO_GRAD:
            self._put(self._last)


class StepBeforeBackward(Mistake):
    """The parameters move by the gradients that stood before backward; then its own are there."""

    order = 1

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._withheld: Gradients = {}

    def _make(self, phase: Phase) -> None:
        if phase == BACKWARD:
            gradients = self._gradients()
            of_before = self._withheld
            self._withheld = _sums(of_before, gradients, self._last) if of_before else gradients
            self._put(self._last)
        elif phase == UPDATE and self._withheld:
            self._put(self._withheld)
            self._withheld = {}


MISTAKES: Mapping[str, type[Mistake]] = {
    "backward-twice": BackwardTwice,
    "step-before-backward": StepBeforeBackward,
    "forget-zero_grad": ForgetZeroGrad,
}
NEEDED: Mapping[MistakeKind, tuple[Phase, ...]] = {
    "backward-twice": (BACKWARD,),
    "step-before-backward": (BACKWARD, UPDATE),
    "forget-zero_grad": (ZERO_GRAD,),
}
"""The phases that a step must come to for it, in their order."""


def _sums(to: Gradients, more: Gradients, than: Gradients) -> Gradients:
    """`to` + (`more` − `than`), where a gradient that is not there counts as 0."""
    return {name: _sum(to.get(name), more[name], than.get(name)) for name in more}


def _sum(to: Tensor | None, more: Tensor | None, than: Tensor | None) -> Tensor | None:
    if more is None:
        return to
    added = more if than is None else more - than
    return added if to is None else to + added
