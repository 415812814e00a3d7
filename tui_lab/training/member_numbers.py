"""A number of each run of a population in the place of one, such as their learning rates."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from tui_lab.errors import ExperimentError


class PartWays(ExperimentError):
    """The members of a population would take different ways at one line of their program."""

    def __init__(self) -> None:
        super().__init__(
            "The members of this population part ways where their program asks for a number; what "
            "they differ in decides what is done there. Run them one after another."
        )


class MemberNumbers(float):
    """Numbers that go where torch takes a number alone, such as an optimizer's `lr`.

    Arithmetic gives others of their kind; a question to them has to have one answer for all members
    or raises `PartWays`. As a single float they are not a number, so that nobody takes one for all.
    """

    stack: Tensor
    """A row per member, float64."""

    def __new__(cls, stack: Tensor) -> MemberNumbers:
        made = super().__new__(cls, "nan")
        made.stack = stack
        return made

    def __len__(self) -> int:
        return len(self.stack)

    def __add__(self, other: Any) -> Any:
        return _computed(operator.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return _computed(operator.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return _computed(operator.sub, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _computed(operator.sub, other, self)

    def __mul__(self, other: Any) -> Any:
        return _computed(operator.mul, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _computed(operator.mul, other, self)

    def __truediv__(self, other: Any) -> Any:
        return _computed(operator.truediv, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _computed(operator.truediv, other, self)

    def __pow__(self, other: Any, modulo: None = None) -> Any:
        return _computed(operator.pow, self, other)

    def __rpow__(self, other: Any, modulo: None = None) -> Any:
        return _computed(operator.pow, other, self)

    def __neg__(self) -> Any:
        return MemberNumbers(-self.stack)

    def __bool__(self) -> bool:
        return self != 0

    def __float__(self) -> float:
        return float(agreed(self.stack))

    def __int__(self) -> int:
        return int(agreed(self.stack))

    def __eq__(self, other: object) -> bool:
        return _asked(operator.eq, self, other)

    def __ne__(self, other: object) -> bool:
        """Of 0 all are different where one is: what the others are multiplied with comes to 0."""
        if isinstance(other, int | float) and not isinstance(other, MemberNumbers) and other == 0:
            return bool((self.stack != 0).any())
        return _asked(operator.ne, self, other)

    def __lt__(self, other: float) -> bool:
        return _asked(operator.lt, self, other)

    def __le__(self, other: float) -> bool:
        return _asked(operator.le, self, other)

    def __gt__(self, other: float) -> bool:
        return _asked(operator.gt, self, other)

    def __ge__(self, other: float) -> bool:
        return _asked(operator.ge, self, other)

    __hash__ = float.__hash__


def numbers(values: Sequence[float], device: torch.device) -> MemberNumbers:
    """A number for each member."""
    return MemberNumbers(torch.tensor(values, dtype=torch.float64, device=device))


def agreed(rows: Tensor) -> Any:
    """What is the same in all rows, as Python has it. Raises `PartWays` where it is not."""
    first = rows[0]
    if not torch.equal(rows.nan_to_num(), first.nan_to_num().expand_as(rows)):
        raise PartWays
    return first.tolist()


def _computed(function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return NotImplemented
    return MemberNumbers(function(_stack(left), _stack(right)))


def _asked(function: Callable[[Any, Any], Any], left: Any, right: Any) -> bool:
    if isinstance(right, Tensor) or not isinstance(right, int | float):
        raise PartWays
    return bool(agreed(function(_stack(left), _stack(right))))


def _stack(value: Any) -> Any:
    return value.stack if isinstance(value, MemberNumbers) else value
