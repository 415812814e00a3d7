"""Tensors of many runs at once: each operation of torch is taken for all of them.

A program that is built and stepped under `chance.Chances` holds `Members` where a single run's
would hold tensors. Its page of PyTorch stays the page it is: shapes, sums, means and `backward` are
those of one member, and what is computed has a row per member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.func import vmap

from tui_lab.training.member_numbers import MemberNumbers, PartWays

Function = Callable[..., Any]
Rule = Callable[[Function, tuple[Any, ...], Mapping[str, Any]], Any]


_OF_VMAP = ("vmap", "atching rule", "doesn't have storage")
"""What an error says that one tensor alone would not have raised."""


class Members(Tensor):
    """A tensor of each member: the first dimension, which counts them, is not seen from outside."""

    rules: ClassVar[dict[Function, Rule]] = {}
    """How a function is taken for all members, where there is a quicker way than `torch.vmap`."""

    @classmethod
    def __torch_function__(
        cls,
        func: Function,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        with torch._C.DisableTorchFunctionSubclass():
            return cls.rules.get(func, mapped)(func, args, kwargs or {})


def of(stack: Tensor) -> Members:
    """The members whose tensors are the rows of `stack`."""
    with torch._C.DisableTorchFunctionSubclass():
        return stack.as_subclass(Members)


def stack_of(members: Tensor) -> Tensor:
    """All rows, as a tensor that shows what counts them."""
    with torch._C.DisableTorchFunctionSubclass():
        return members.as_subclass(Tensor)


def count(value: Any) -> int:
    """How many members `value` has a row of; 1 for what is plain."""
    return len(stack_of(value)) if isinstance(value, Members) else 1


def member(value: Any, index: int) -> Any:
    """What `value` is for one member: its row of what they have each, else what they share."""
    if isinstance(value, MemberNumbers):
        return value.stack[index].item()
    return stack_of(value)[index] if isinstance(value, Members) else value


def mapped(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """`func` for each member by `torch.vmap`; what is random in it is refused."""
    found: list[Tensor] = []
    called = _taken_out((args, dict(kwargs)), found)

    def one(*rows: Tensor) -> Any:
        arguments, options = _put_back(called, iter(rows))
        return func(*arguments, **options)

    try:
        return wrapped(vmap(one, randomness="error")(*found))
    except (TypeError, ValueError, RuntimeError) as error:
        if why := _why_not(func, error, of_numbers=_has_numbers((args, dict(kwargs)))):
            raise PartWays(why) from error
        raise


def _why_not(func: Function, error: Exception, *, of_numbers: bool) -> str:
    """What can't be taken for all members, in a sentence; empty where it is the program's own."""
    owner = getattr(func, "__self__", None)  # the getter of an attribute belongs to that
    name = getattr(owner, "__name__", None) or getattr(func, "__name__", str(func))
    if isinstance(error, ValueError) and "must only return Tensors" in str(error):
        return f"torch's {name} gives one answer, and is not asked of each member."
    if of_numbers and (isinstance(error, TypeError) or ".item()" in str(error)):
        return f"torch's {name} takes no number of each member of its own."
    if any(sign in str(error) for sign in _OF_VMAP):
        return f"torch's {name} is not taken for all members at once."
    return ""


def own_place(value: Any) -> None:
    """Raises `PartWays` for a tensor that each member would write to and all share."""
    if not isinstance(value, Members):
        raise PartWays(
            "A tensor that the members of this population share is written to by each of them; one "
            "that torch.zeros, torch.full or a draw has made in build() is each one's own."
        )


def each(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any], count: int) -> Any:
    """`func` for one member after another."""
    results = [func(*_rows(args, k), **_rows(dict(kwargs), k)) for k in range(count)]
    return stacked(results)


def stacked(results: Sequence[Any]) -> Any:
    """The tensors of all members as one; other things must be the same for all."""
    first = results[0]
    if isinstance(first, tuple | list):
        return type(first)(stacked(parts) for parts in zip(*results, strict=True))
    return of(torch.stack(list(results))) if isinstance(first, Tensor) else first


def wrapped(result: Any) -> Any:
    """What was computed of rows, as members'."""
    if type(result) is Tensor:
        return result.as_subclass(Members)
    if isinstance(result, tuple | list) and not isinstance(result, torch.Size):
        return type(result)([wrapped(part) for part in result])
    return result


class _Hole:
    """Where a member's row goes."""


def _has_numbers(value: Any) -> bool:
    if type(value) is dict:
        return _has_numbers(list(value.values()))
    if type(value) in (tuple, list):
        return any(map(_has_numbers, value))
    return isinstance(value, MemberNumbers)


def _taken_out(value: Any, found: list[Tensor]) -> Any:
    if isinstance(value, Members):
        found.append(value.as_subclass(Tensor))
        return _Hole()
    if isinstance(value, MemberNumbers):
        found.append(value.stack)
        return _Hole()
    if type(value) in (tuple, list):
        return type(value)(_taken_out(part, found) for part in value)
    if type(value) is dict:
        return {key: _taken_out(part, found) for key, part in value.items()}
    return value


def _put_back(value: Any, rows: Iterator[Tensor]) -> Any:
    if isinstance(value, _Hole):
        return next(rows)
    if type(value) in (tuple, list):
        return type(value)(_put_back(part, rows) for part in value)
    if type(value) is dict:
        return {key: _put_back(part, rows) for key, part in value.items()}
    return value


def _rows(value: Any, index: int) -> Any:
    """The arguments of one member."""
    if isinstance(value, MemberNumbers):
        return value.stack[index].item()
    if isinstance(value, Members):
        return value.as_subclass(Tensor)[index]
    if type(value) in (tuple, list):
        return type(value)(_rows(part, index) for part in value)
    if type(value) is dict:
        return {key: _rows(part, index) for key, part in value.items()}
    return value
