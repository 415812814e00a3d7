"""What a script asks to be shown, as one of the lab's pictures: images, a histogram, or a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tui_lab.experiment import Histogram, Images, Picture, Table
from tui_lab.worker.script.logged import plain_number

Layer = dict[str, Any]
Pixels = npt.NDArray[np.float64]

_IMAGES, _PIXELS = 24, 24_576
"""Images of one picture, and the pixels of all of them: no more fit a terminal."""
_BINS, _NUMBERS = 40, 1_000_000
"""Of a histogram: its bars, and the numbers that are counted."""
_ROWS, _COLUMNS, _LONGEST = 200, 20, 200
"""Of a table: rows, columns, characters of a cell."""
_GREY = (0.299, 0.587, 0.114)
"""The shares of red, green and blue in how bright a colour looks (ITU-R BT.601)."""


def drawn(title: str, data: Any, caption: str | Sequence[str] = "") -> tuple[Picture, str, Layer]:
    """The picture that shows `data`, the layer of it, and what that holds; raises `ValueError` with
    a sentence for what can't be shown."""
    try:
        table = _table(data)
    except TypeError:
        raise ValueError(
            f"picture() can't show {title}: a table has columns, and rows as long as they are many."
        ) from None
    if table is not None:
        return Table(title), "table", table
    array = _array(title, data)
    if array.ndim == 1 and array.size:
        return Histogram(title), title, _histogram(title, array)
    if array.ndim not in (2, 3, 4) or not array.size:
        raise ValueError(
            f"picture() can't show {title}, of shape {tuple(array.shape)}: an image has 2 or 3 "
            "dimensions, a stack of images one more, numbers for a histogram 1."
        )
    return Images(title), "images", _images(array, caption)


def _table(data: Any) -> Layer | None:
    """Text as rows; None for what is no text."""
    if isinstance(data, str):
        return _cells(["text"], [[line] for line in data.splitlines()])
    if isinstance(data, Mapping) and "columns" in data:
        return _cells(data["columns"], data.get("rows", data.get("data", ())))
    if isinstance(data, list | tuple) and data and all(isinstance(each, str) for each in data):
        return _cells(["text"], [[each] for each in data])
    return None


def _cells(columns: Any, rows: Any) -> Layer:
    shown = [[_cell(value) for value in list(row)[:_COLUMNS]] for row in list(rows)[:_ROWS]]
    return {"columns": [_cell(name) for name in list(columns)[:_COLUMNS]], "rows": shown}


def _cell(value: Any) -> str | float | int:
    if isinstance(value, Tensor | np.generic | np.ndarray):
        number = plain_number(value)
        value = value if number is None else float(number)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return str(value)[:_LONGEST]


def _array(title: str, data: Any) -> Pixels:
    """Numbers of any number of dimensions, bytes divided by 255."""
    try:
        found = _stacked(data) if isinstance(data, list | tuple) else _numpy(data)
        is_bytes = found.dtype == np.uint8
        array = found.astype(np.float64)
    except (TypeError, ValueError, RuntimeError):
        kind = type(data).__name__
        raise ValueError(
            f"picture() can't show {title}, which is {kind}: give it an image, images of one size, "
            "numbers, or text."
        ) from None
    if is_bytes and array.ndim > 2 and array.shape[-1] == 4:
        array = array[..., :3]  # what shines through is not shown
    return array / 255 if is_bytes and array.ndim > 1 else array


def _stacked(several: Sequence[Any]) -> npt.NDArray[Any]:
    return np.stack([_numpy(each) for each in several])


def _numpy(data: Any) -> npt.NDArray[Any]:
    if not isinstance(data, Tensor):
        found: npt.NDArray[Any] = _cut(np.asarray(data))
        return found
    plain = _cut(data.detach()).cpu()
    has_numpy = plain.dtype not in (torch.bfloat16, torch.float16)
    numbers: npt.NDArray[Any] = (plain if has_numpy else plain.float()).numpy()
    return numbers


def _cut(array: Any) -> Any:
    """No more of a stack than is shown, and of a great many numbers every so many."""
    if array.ndim == 1:
        return array[:: math.ceil(len(array) / _NUMBERS) or 1]
    is_stack = array.ndim == 4 or (array.ndim == 3 and array.shape[-1] not in (3, 4))
    return array[:_IMAGES] if is_stack else array


def _histogram(title: str, numbers: Pixels) -> Layer:
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        raise ValueError(f"picture() can't show {title}: none of its numbers is finite.")
    counts, edges = np.histogram(finite, bins=min(_BINS, max(1, math.isqrt(finite.size))))
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _images(array: Pixels, caption: str | Sequence[str]) -> Layer:
    stack = _grey(array)[:_IMAGES]
    pixels = np.round(_between_0_and_1(_smaller(stack)), 3)
    given = [caption] if isinstance(caption, str) else list(map(str, caption))
    captions = [*given, *[""] * len(pixels)][: len(pixels)]
    return {"pixels": pixels.tolist(), "captions": captions}


def _grey(array: Pixels) -> Pixels:
    """Image, row, column."""
    if array.ndim > 2 and array.shape[-1] == 3 and array.shape[-3] != 3:
        colours = np.tensordot(array, _GREY, axes=([-1], [0]))
    elif array.ndim > 2 and array.shape[-3] == 3:
        colours = np.tensordot(array, _GREY, axes=([-3], [0]))
    elif array.ndim == 4:
        colours = array[..., 0] if array.shape[-1] == 1 else array[:, 0]
    else:
        colours = array
    return colours[None] if colours.ndim == 2 else colours


def _smaller(stack: Pixels) -> Pixels:
    """Smaller by a whole factor, where they are too large: the mean of what falls together."""
    count, high, wide = stack.shape
    factor = 1
    while count * math.ceil(high / factor) * math.ceil(wide / factor) > _PIXELS:
        factor += 1
    if factor == 1:
        return stack
    tall, broad = min(factor, high), min(factor, wide)
    cut = stack[:, : high // tall * tall, : wide // broad * broad]
    means: Pixels = cut.reshape(count, high // tall, tall, wide // broad, broad).mean((2, 4))
    return means


def _between_0_and_1(pixels: Pixels) -> Pixels:
    """As they are where they are that already, else from the lowest to the highest."""
    finite = pixels[np.isfinite(pixels)]
    if not finite.size:
        return np.zeros_like(pixels)
    low, high = float(finite.min()), float(finite.max())
    known = np.nan_to_num(pixels, nan=low, posinf=high, neginf=low)
    return known if low >= 0 and high <= 1 else (known - low) / ((high - low) or 1.0)
