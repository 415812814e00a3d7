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


def _sides(function: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """An operator with a number of each member on its left, and on its right."""

    def on_left(self: MemberNumbers, other: Any) -> Any:
        return _computed(function, self, other)

    def on_right(self: MemberNumbers, other: Any) -> Any:
        return _computed(function, other, self)

    return on_left, on_right


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

    __add__, __radd__ = _sides(operator.add)
    __sub__, __rsub__ = _sides(operator.sub)
    __mul__, __rmul__ = _sides(operator.mul)
    __truediv__, __rtruediv__ = _sides(operator.truediv)
    __pow__, __rpow__ = _sides(operator.pow)

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
