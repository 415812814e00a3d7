"""Rows of members lined up, so that what one has meets what another has of the same dimensions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tui_lab.training.member_numbers import MemberNumbers
from tui_lab.training.member_products import ndim
from tui_lab.training.members import Members


def data_dtype(args: tuple[Any, ...], most: int) -> torch.dtype | None:
    """What a number, and a member's tensor without dimensions, is computed in."""
    for each in args:
        if isinstance(each, Tensor) and each.is_floating_point() and ndim(each) == most:
            return each.dtype
    return None


def row_shaped(value: Any, most: int, dtype: torch.dtype | None) -> Any:
    """With `most` dimensions for each member, where it has a row per member."""
    if isinstance(value, MemberNumbers):
        value = value.stack.to(dtype or torch.get_default_dtype())
        return value.reshape(-1, *(1,) * most)
    if not isinstance(value, Members) or (missing := most + 1 - value.dim()) == 0:
        return value
    if dtype is not None and value.dim() == 1 and value.is_floating_point():
        value = value.to(dtype)
    return value.reshape(value.shape[0], *(1,) * missing, *value.shape[1:])
