"""The classic mistakes with gradients, made in one step of any program by what happens between its
phases: the step itself is as it was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from tui_lab.commands import MistakeKind
from tui_lab.training.phase import BACKWARD, UPDATE, ZERO_GRAD, Phase

Gradients = dict[str, Tensor | None]
_MADE_AT: Mapping[MistakeKind, Phase] = {
    "backward-twice": BACKWARD,
    "step-before-backward": BACKWARD,
    "forget-zero_grad": ZERO_GRAD,
}
"""In the order in which they are made where a step has several: what is kept from the update is
what both backward passes gave."""


class Mistakes:
    """Those that are to be made, and the gradients that they need.

    A step is begun, is then at each of its phases, and ends. Where none is to be made, nothing is
    asked of it but which phases it has passed. A gradient that stood at None does so again: what
    torch's optimizers pass over, a step written by hand may not.
    """

    def __init__(self, parameters: Callable[[], Mapping[str, Tensor]]) -> None:
        """`parameters` gives those that have a `.grad` of their own."""
        self._parameters = parameters
        self._wanted: dict[MistakeKind, int] = {}
        """With the step in which each is to be made."""
        self._made: set[MistakeKind] = set()
        self._passed: set[Phase] = set()
        self.altered = False
        """Whether the gradients are others now than the program left at the last phase."""
        self._last: Gradients = {}
        """As they stood at the last phase."""
        self._withheld: Gradients = {}
        """What backward gave, while the parameters move without it."""

    def want(self, kind: MistakeKind, step: int, *, inside: bool) -> int:
        """Make this mistake in `step`, which is under way if `inside`, or in the next where it has
        passed the place already; says in which."""
        late = inside and _MADE_AT[kind] in self._passed
        at = self._wanted.setdefault(kind, step + 1 if late else step)
        if inside:
            self._last = self._gradients()
        return at

    def is_due(self, step: int) -> bool:
        """Whether one is to be made in this step, so that it must be taken phase by phase."""
        return any(at <= step for at in self._wanted.values())

    def begin(self) -> None:
        """A step is about to start."""
        self._passed.clear()
        self._made.clear()
        self._withheld, self.altered = {}, False
        self._last = self._gradients() if self._wanted else {}

    def at(self, phase: Phase, step: int) -> list[MistakeKind]:
        """The step stands at `phase`: make what is to be made there; gives what was, each once."""
        self._passed.add(phase)
        self.altered = False
        if not self.is_due(step):
            return []
        before = set(self._made)
        for kind in _MADE_AT:
            if self._wanted.get(kind, step + 1) <= step:
                self._make(kind, phase)
        self._last = self._gradients()
        return [kind for kind in _MADE_AT if kind in self._made - before]

    def end(self, step: int) -> list[MistakeKind]:
        """The step is over: gives what could not be made, as the step has no such phase."""
        if self._withheld:
            self._put(self._withheld)
        over = [kind for kind, at in self._wanted.items() if at <= step]
        for kind in over:
            del self._wanted[kind]
        self._last = self._withheld = {}
        return [kind for kind in over if kind not in self._made]

    def times(self) -> int:
        """How often each backward pass of this step counts."""
        return 2 if "backward-twice" in self._made else 1

    def _make(self, kind: MistakeKind, phase: Phase) -> None:
        if kind == "backward-twice" and phase == BACKWARD:
            self._put(_sums(self._gradients(), self._gradients(), self._last))
        elif kind == "forget-zero_grad" and phase == ZERO_GRAD:
            self._put(self._last)
        elif kind == "step-before-backward" and phase == BACKWARD:
            real = self._gradients()
            self._withheld = _sums(self._withheld, real, self._last) if self._withheld else real
            self._put(self._last)
        elif kind == "step-before-backward" and phase == UPDATE and self._withheld:
            self._put(self._withheld)
            self._withheld = {}
        else:
            return
        self._made.add(kind)

    def _gradients(self) -> Gradients:
        return {
            name: None if p.grad is None else p.grad.detach().clone()
            for name, p in self._parameters().items()
        }

    def _put(self, gradients: Gradients) -> None:
        self.altered = True
        for name, parameter in self._parameters().items():
            gradient = gradients.get(name)
            parameter.grad = None if gradient is None else gradient.clone()


def _sums(to: Gradients, more: Gradients, than: Gradients) -> Gradients:
    """`to` + (`more` − `than`), where a gradient that is not there counts as 0."""
    return {name: _sum(to.get(name), more[name], than.get(name)) for name in more}


def _sum(to: Tensor | None, more: Tensor | None, than: Tensor | None) -> Tensor | None:
    if more is None:
        return to
    with torch.no_grad():
        added = more if than is None else more - than
        return added if to is None else to + added
