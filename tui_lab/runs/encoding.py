"""JSON with the numbers JSON lacks: NaN and ±Inf are the strings "NaN", "Infinity", "-Infinity".

Floats are written with the fewest digits that read back as the same number; those of a float32
array with the fewest that read back as the same float32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_PASSTHROUGH_DATACLASS


def dumps(data: object, *, indent: bool = False) -> bytes:
    """`data` as JSON in UTF-8; raises `TypeError` for what JSON has no form for."""
    options = _OPTIONS | (orjson.OPT_INDENT_2 if indent else 0)
    return orjson.dumps(finite(data), option=options)


def dumps_finite(data: object) -> bytes:
    """What `finite` or `loads` gave, as JSON, without looking for more to replace."""
    return orjson.dumps(data)


def loads(data: bytes) -> Any:
    """The value in `data`; raises `ValueError` when it is not JSON."""
    return orjson.loads(data)


def finite(data: object) -> Any:
    """`data` with every non-finite number replaced by its string, at any depth."""
    if data is None or isinstance(data, int):
        return data
    if isinstance(data, str):
        return _valid_text(data)
    if isinstance(data, float):
        return data if math.isfinite(data) else _name(data)
    if isinstance(data, dict | Mapping):
        return {_valid_text(str(key)): finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return data if _all_finite(data) else [finite(value) for value in data]
    return _finite_array(data) if hasattr(data, "dtype") else data


def _name(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _valid_text(text: str) -> str:
    """Text from file names and exceptions may hold lone surrogates, which UTF-8 has no form for."""
    if type(text) is str and text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def _all_finite(values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether these are all finite numbers: one pass in C, where `finite` on each takes many."""
    if not values or type(values[0]) not in (int, float):
        return False
    try:
        return math.isfinite(math.fsum(values))
    except (TypeError, ValueError, OverflowError):
        return False


def _finite_array(array: Any) -> Any:
    # Whoever made an array has imported numpy; whoever has none must not pay for it.
    import numpy as np

    if array.dtype.kind not in "fiub":
        return finite(array.tolist())
    if array.ndim == 0:
        return array[()] if np.isfinite(array) else _name(float(array))
    if np.isfinite(array).all():
        return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    if array.ndim > 1:
        return [_finite_array(row) for row in array]
    # Elements stay numpy scalars, so that a float32 keeps its short text.
    return [value if np.isfinite(value) else _name(float(value)) for value in array]
