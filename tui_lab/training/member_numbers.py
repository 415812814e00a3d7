"""A number of each run of a population in the place of one, such as their learning rates."""

from __future__ import annotations

import operator
import struct
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from tui_lab.errors import ExperimentError
from tui_lab.together import CURE


class PartWays(ExperimentError):
    """The members of a population would take different ways at one line of their program, or what
    it does there can't be done for each of them; says so, and what to do."""

    def __init__(
        self,
        why: str = "The members of this population part ways where their program asks for a "
        "number; what they differ in decides what is done there.",
    ) -> None:
        super().__init__(f"{why} {CURE}")


_BITS = 0x7FF8_6D65_6D62_6572
_MARK: float = struct.unpack("<d", struct.pack("<Q", _BITS))[0]
"""A NaN that arithmetic hands on and nothing else makes: who comes to it lost what differs."""


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
    or raises `PartWays`. As a single float they are not a number, one that `is_lost` knows, so
    that nobody takes one for all.
    """

    __array_ufunc__ = None
    """numpy has no answer for all members, and leaves arithmetic to these."""

    stack: Tensor
    """A row per member, float64."""

    def __new__(cls, stack: Tensor) -> MemberNumbers:
        made = super().__new__(cls, _MARK)
        made.stack = stack
        return made

    def __len__(self) -> int:
        return len(self.stack)

    __add__, __radd__ = _sides(operator.add)
    __sub__, __rsub__ = _sides(operator.sub)
    __mul__, __rmul__ = _sides(operator.mul)
    __truediv__, __rtruediv__ = _sides(operator.truediv)
    __floordiv__, __rfloordiv__ = _sides(operator.floordiv)
    __mod__, __rmod__ = _sides(operator.mod)
    __pow__, __rpow__ = _sides(operator.pow)

    def __neg__(self) -> Any:
        return MemberNumbers(-self.stack)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return MemberNumbers(self.stack.abs())

    def __round__(self, digits: Any = None) -> Any:
        """As Python rounds each, to whole numbers or to digits."""
        rounded = [round(value, digits or 0) for value in self.stack.tolist()]
        return numbers(rounded, self.stack.device)

    def __bool__(self) -> bool:
        return self != 0

    def __float__(self) -> float:
        raise PartWays("This program takes float() of a number that each member has its own of.")

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
    if not bool(((rows == first) | (rows.isnan() & first.isnan())).all()):
        raise PartWays
    return first.tolist()


def is_lost(value: Any) -> bool:
    """Whether a plain float was computed from members' numbers by who took them for one, such as
    `math.sqrt`."""
    if value == value or not isinstance(value, float) or isinstance(value, MemberNumbers):
        return False
    bits: int = struct.unpack("<Q", struct.pack("<d", value))[0]
    return bits & ~(1 << 63) == _BITS


def keep(value: Any) -> None:
    """Raises `PartWays` for what `is_lost`."""
    if isinstance(value, float) and is_lost(value):
        raise PartWays(
            "This program computes with a number that each member has its own of by what takes one "
            "number alone, such as math.sqrt; a power, abs() and round() are taken for each."
        )


def _computed(function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return NotImplemented
    keep(left)
    keep(right)
    divides = function in (operator.truediv, operator.floordiv, operator.mod)
    if divides and bool((torch.as_tensor(_stack(right)) == 0).any()):
        raise PartWays("Some members of this population divide by 0.")
    return MemberNumbers(function(_stack(left), _stack(right)))


def _asked(function: Callable[[Any, Any], Any], left: Any, right: Any) -> bool:
    if isinstance(right, Tensor) or not isinstance(right, int | float):
        raise PartWays
    return bool(agreed(function(_stack(left), _stack(right))))


def _stack(value: Any) -> Any:
    return value.stack if isinstance(value, MemberNumbers) else value
