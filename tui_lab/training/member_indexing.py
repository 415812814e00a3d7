"""Places in tensors of all members: what stands there, and what is put there, is each one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.member_numbers import PartWays
from tui_lab.training.member_rows import row_shaped
from tui_lab.training.members import Function, Members, mapped, wrapped


def getitem(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """A slice of each, the places that each member names, or what torch makes of it."""
    source, index = args
    if isinstance(index, slice) and isinstance(source, Members):
        return wrapped(func(source, (slice(None), index)))
    if isinstance(index, Members) and index.dtype == torch.int64:
        if not isinstance(source, Members):
            return wrapped(func(source, index))
        count, rows = source.shape[:2]
        _within(index, rows)
        first = torch.arange(0, count * rows, rows, device=index.device)
        index = torch.where(index < 0, index + rows, index)
        index = index + first.reshape(-1, *(1,) * (index.dim() - 1))
        flat = source.reshape(count * rows, *source.shape[2:])
        found = flat.index_select(0, index.reshape(-1))
        return wrapped(found.reshape(*index.shape, *source.shape[2:]))
    return mapped(func, args, kwargs)


def setitem(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """The same place of each member, with a value of each or of all."""
    target, index, value = args
    parts = index if isinstance(index, tuple) else (index,)
    if not isinstance(target, Members) or any(isinstance(part, Members) for part in parts):
        raise PartWays("Each member of this population writes to a place of its own.")
    place = (slice(None), *parts)
    most = Tensor.__getitem__(target, place).dim() - 1
    dtype = target.dtype if target.is_floating_point() else None
    func(target, place, row_shaped(value, most, dtype))


def _within(index: Tensor, rows: int) -> None:
    """As torch says it of one tensor: past its end stands another member's row. A card says it
    when it comes to it."""
    if not index.numel():
        return
    if index.device.type != "cpu":
        torch._assert_async(((index >= -rows) & (index < rows)).all())
        return
    low, high = (int(edge) for edge in torch.aminmax(index))
    if low < -rows or high >= rows:
        found = low if low < -rows else high
        raise IndexError(f"index {found} is out of bounds for dimension 0 with size {rows}")
