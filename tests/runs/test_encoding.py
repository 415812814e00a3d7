"""Protects the numbers on disk: none is lost, none is longer than it must be, and what is written
is JSON whatever the values."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.checks import number
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.runs.encoding import dumps, finite, loads

SCALARS = st.none() | st.booleans() | st.floats() | st.integers(-(2**63), 2**63 - 1) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def restored(value: Any) -> Any:
    """A decoded value with the three strings turned back into floats."""
    if isinstance(value, list):
        return [restored(item) for item in value]
    if isinstance(value, dict):
        return {key: restored(item) for key, item in value.items()}
    return number(value) if value in ("NaN", "Infinity", "-Infinity") else value


@given(VALUES)
def test_any_value_comes_back(value: Any) -> None:
    decoded = json.loads(dumps(value), parse_constant=refuse)
    assert repr(restored(decoded)) == repr(restored(value))


@given(st.lists(st.floats(width=32)))
def test_a_float32_array_comes_back_exactly(values: list[float]) -> None:
    array = np.array(values, dtype=np.float32)
    decoded = np.array([number(value) for value in loads(dumps(array))], dtype=np.float32)
    np.testing.assert_array_equal(decoded, array)


def test_float32_keeps_its_short_text_beside_a_nan() -> None:
    assert dumps(np.array([0.1, np.nan, -np.inf], np.float32)) == b'[0.1,"NaN","-Infinity"]'
    assert dumps(np.array([[0.1], [np.inf]], np.float32)) == b'[[0.1],["Infinity"]]'
    assert dumps([np.float32(0.1), np.float32(np.nan)]) == b'[0.1,"NaN"]'


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.arange(6)[::2], b"[0,2,4]"),
        (np.array([0.5], ">f4"), b"[0.5]"),
        (np.array(0.5), b"0.5"),
        (np.array(np.nan), b'"NaN"'),
        (np.array([], np.float32), b"[]"),
        (np.array([True, False]), b"[true,false]"),
        (np.array(["[red]"]), b'["[red]"]'),
    ],
)
def test_arrays_of_every_make(array: Any, text: bytes) -> None:
    assert dumps(array) == text


def test_large_sums_of_finite_numbers_are_not_taken_for_infinity() -> None:
    assert loads(dumps([1.7e308, 1.7e308, math.inf])) == [1.7e308, 1.7e308, "Infinity"]
    assert loads(dumps([1.7e308, 1.7e308])) == [1.7e308, 1.7e308]


def test_text_that_utf8_can_not_hold_does_not_stop_a_worker() -> None:
    assert loads(dumps({"\udcff": "\udcff λ [red]\x1b[31m"})) == {"?": "? λ [red]\x1b[31m"}


def test_mappings_are_objects_and_other_things_refused() -> None:
    @dataclass
    class Point:
        x: float = math.nan

    assert dumps(Hyperparameters({"lr": math.inf})) == b'{"lr":"Infinity"}'
    with pytest.raises(TypeError):
        dumps(Point())


def test_plain_satisfies_any_json_encoder() -> None:
    text = json.dumps(finite({"a": (1.0, math.nan)}), allow_nan=False)
    assert text == '{"a": [1.0, "NaN"]}'
