"""The logged layers of a picture, checked and parsed; what makes no sense becomes one sentence.

Layers come from a log that anything may have written, so that no shape is taken for granted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_lab.experiment import Picture, Text
from tui_lab.view_models.figure import Floats
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.run import RunView
from tui_lab.view_models.series import column

Matrix = npt.NDArray[np.float64]
Layer = Mapping[str, Any]

_WIDTH, _LONGEST = 100, 20_000
"""Columns of a line of text, and characters of all of it."""
NOTHING_YET = "no data yet"
NOTHING = "this run recorded none"
WITHDRAWN = "nothing to show for these values"


class BadPicture(ValueError):
    """The data of a picture do not have the shape its declaration promises; says why."""


@dataclass(frozen=True)
class Cells:
    """A matrix of numbers, which may be NaN or ±Inf, and words for its rows and columns."""

    values: Matrix
    rows: tuple[str, ...] = ()
    """As many as the matrix has, or none; like `columns`."""
    columns: tuple[str, ...] = ()
    note: str = ""
    """Why there is nothing to show; empty when there is something."""


@dataclass(frozen=True)
class ImageGrid:
    """Images of one size."""

    pixels: npt.NDArray[np.float64]
    """Image, row, column; from 0 to 1. One more dimension holds red, green and blue."""
    captions: tuple[str, ...] = ()
    """One per image."""
    wrong: tuple[bool, ...] = ()
    """One per image: whether the model got it wrong."""
    note: str = ""


@dataclass(frozen=True)
class TextTable:
    """Rows of text, each as long as `columns`."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numeric: tuple[bool, ...] = ()
    """One per column: whether it holds numbers alone, to be set flush right."""
    note: str = ""


def heatmap_cells(picture: Picture, view: RunView) -> Cells:
    """The matrix of a `Heatmap`."""
    empty = np.zeros((0, 0))
    data = only_layer(view, picture, "cells")
    if data is None:
        return Cells(empty, note=missing(view, picture))
    try:
        values = array(data, "values", 2)
    except BadPicture as error:
        return Cells(empty, note=str(error))
    rows, columns = values.shape
    return Cells(values, _labels(data, "rows", rows), _labels(data, "columns", columns))


def image_grid(picture: Picture, view: RunView) -> ImageGrid:
    """The images of an `Images` picture; NaN is black."""
    empty = np.zeros((0, 0, 0))
    data = only_layer(view, picture, "images")
    if data is None:
        return ImageGrid(empty, note=missing(view, picture))
    try:
        pixels = np.clip(np.nan_to_num(array(data, "pixels", 3, 4)), 0.0, 1.0)
        if pixels.shape[3:] not in ((), (3,)):
            raise BadPicture(_unreadable("a pixel is neither one number nor three"))
    except BadPicture as error:
        return ImageGrid(empty, note=str(error))
    count = len(pixels)
    captions = _labels(data, "captions", count) or ("",) * count
    wrong = [bool(value) for value in _items(data.get("wrong"))]
    padded = (wrong + [False] * count)[:count]
    return ImageGrid(pixels, captions, tuple(padded))


def text_table(picture: Picture, view: RunView) -> TextTable:
    """The rows of a `Table`: numbers short, rows cut or filled to the width of the heading; or the
    lines of a `Text`."""
    if isinstance(picture, Text):
        return _text_lines(picture, view)
    data = only_layer(view, picture, "table")
    if data is None:
        return TextTable(note=missing(view, picture))
    columns = tuple(plain(name) for name in _items(data.get("columns")))
    rows = [_items(row) for row in _items(data.get("rows"))]
    if not columns:
        return TextTable(note=_unreadable("it has no columns"))
    width = len(columns)
    filled = [([*row, *[""] * width])[:width] for row in rows]
    numeric = [bool(filled) and all(_is_number(row[i]) for row in filled) for i in range(width)]
    texts = [tuple(_text(value) for value in row) for row in filled]
    return TextTable(columns, tuple(texts), tuple(numeric))


def _text_lines(picture: Text, view: RunView) -> TextTable:
    """The lines as they were written, those that are long on several."""
    data = only_layer(view, picture, "text")
    if data is None:
        return TextTable(note=missing(view, picture))
    if not isinstance(data.get("text"), str):
        return TextTable(note=_unreadable("text is missing"))
    written = data["text"][:_LONGEST].splitlines()
    lines = (part for line in written for part in wrap(line, _WIDTH) or [""])
    return TextTable(("text",), tuple((plain(line, _WIDTH),) for line in lines))


def layers(view: RunView, picture: Picture) -> dict[str, Layer]:
    """The layers logged for a picture; what is no mapping, or an empty one, is passed over."""
    found = view.pictures.get(picture.title, {})
    return {name: data for name, data in found.items() if isinstance(data, Mapping) and data}


def only_layer(view: RunView, picture: Picture, name: str) -> Layer | None:
    """The layer of that name, or the only one there is."""
    found = layers(view, picture)
    return found.get(name, next(iter(found.values()), None) if len(found) == 1 else None)


def is_withdrawn(view: RunView, picture: Picture) -> bool:
    """Whether the run has taken away all that it had logged for a picture."""
    logged = view.pictures.get(picture.title, {}).values()
    return bool(logged) and all(isinstance(data, Mapping) and not data for data in logged)


def missing(view: RunView, picture: Picture) -> str:
    """Why a picture without data is empty."""
    if is_withdrawn(view, picture):
        return WITHDRAWN
    return NOTHING if view.ended else NOTHING_YET


def array(data: Layer, key: str, *dimensions: int) -> npt.NDArray[np.float64]:
    """An array of numbers of so many dimensions; raises `BadPicture`."""
    try:
        values = np.asarray(data[key], dtype=np.float64)
    except KeyError:
        raise BadPicture(_unreadable(f"{key} is missing")) from None
    except (TypeError, ValueError, OverflowError):
        raise BadPicture(_unreadable(f"{key} is not made of numbers")) from None
    if values.ndim not in dimensions or not values.size:
        raise BadPicture(_unreadable(f"{key} has the wrong shape"))
    return values


def numbers(data: Layer, key: str) -> Floats:
    """A column of numbers, perhaps empty; raises `BadPicture`."""
    if key not in data:
        raise BadPicture(_unreadable(f"{key} is missing"))
    return column(_items(data[key]))


def words(data: Layer, key: str) -> tuple[str, ...]:
    """A column of text; empty when there is none."""
    return tuple(plain(word, 80) for word in _items(data.get(key)))


def _labels(data: Layer, key: str, count: int) -> tuple[str, ...]:
    found = words(data, key)
    return found if len(found) == count else ()


def _items(value: Any) -> Sequence[Any]:
    """A list or array as it is; anything else is no list at all."""
    if isinstance(value, list | tuple):
        return value
    return value.tolist() if isinstance(value, np.ndarray) and value.ndim else ()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or value in ("NaN", "Infinity", "-Infinity")


def _text(value: Any) -> str:
    if isinstance(value, str) and _is_number(value):
        return short(float(value))
    return plain(short(value), 200)


def _unreadable(reason: str) -> str:
    return f"the data can't be read: {reason}"
