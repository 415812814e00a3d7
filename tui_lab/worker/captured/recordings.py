"""The recordings that are kept: of the few shapes of batches that came last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tui_lab.worker.captured.card import Recording
from tui_lab.worker.captured.feed import Shape
from tui_lab.worker.captured.untouched import Gradients

_SHAPES = 4
"""Shapes of batches of which recordings are kept."""
_OF_USE = 8
"""Steps that recordings of a shape must have taken to be worth their making."""
_IN_VAIN = 8
"""Shapes in a row whose recordings were hardly used."""


@dataclass
class Steps:
    """A recording of so many steps, and the gradients that the last of them makes anew."""

    count: int
    recording: Recording
    fresh: Gradients = field(default_factory=list)


class Recordings:
    """Recordings by the shape of their batches and the number of their steps."""

    def __init__(self, forget: Callable[[Shape], object]) -> None:
        """`forget` is called with a shape of which nothing is kept any more."""
        self._forget = forget
        self._kept: dict[Shape, dict[int, Steps]] = {}
        """What was used last comes last."""
        self._used: dict[Shape, int] = {}
        self._in_vain = 0

    @property
    def any(self) -> Recording | None:
        """One of those that are kept."""
        kept = (steps.recording for of in self._kept.values() for steps in of.values())
        return next(kept, None)

    @property
    def are_in_vain(self) -> bool:
        """Whether hardly any is used before its place is needed for another."""
        return self._in_vain >= _IN_VAIN

    def get(self, shape: Shape, count: int) -> Steps | None:
        """That of so many steps on batches of this shape."""
        return self._kept.get(shape, {}).get(count)

    def use(self, shape: Shape, steps: Steps) -> Steps:
        """These are about to be taken; where they are new, they are kept."""
        of = self._kept.pop(shape, {})
        self._kept[shape] = {**of, steps.count: steps}
        self._used[shape] = self._used.get(shape, 0) + steps.count
        while len(self._kept) > _SHAPES:
            self._drop(next(iter(self._kept)))
        return steps

    def clear(self) -> None:
        """None is of use any more."""
        for shape in self._kept:
            self._forget(shape)
        self._kept.clear()
        self._used.clear()

    def _drop(self, shape: Shape) -> None:
        self._in_vain = self._in_vain + 1 if self._used.pop(shape) < _OF_USE else 0
        del self._kept[shape]
        self._forget(shape)
