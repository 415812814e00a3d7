"""Protects the median and the 5–95 % band of numbers of many runs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tui_lab.view_models.spread import Spread, spread


@pytest.mark.parametrize("count", [1, 2, 3, 20, 33])
def test_it_is_what_numpy_says(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count).tolist()
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    found = spread(values)
    assert (found.low, found.median, found.high) == pytest.approx((low, median, high))
    assert found.count == count


def test_what_is_no_number_has_no_part() -> None:
    assert spread([1.0, math.nan, 3.0]) == Spread(1.1, 2.0, 2.9, 2)
    assert spread([]).count == 0
    assert math.isnan(spread([math.nan]).median)


def test_an_infinite_number_counts() -> None:
    assert spread([1.0, math.inf, math.inf]).median == math.inf
