"""Axes: limits that move in jumps, ticks that are round, and room for any data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.plots import axes
from tui_lab.plots.axes import Axis, fit


class TestAxis:
    """Limits move in jumps and ticks are round."""

    @pytest.mark.parametrize(
        ("extent", "log", "labels"),
        [
            ((0.0, 137.0), False, ["0", "50", "100"]),
            ((0.0, 1.0), False, ["0", "0.5", "1.0"]),
            ((1e-12, 3e-12), False, ["1e-12", "2e-12", "3e-12"]),
            ((0.0, 1e6), False, ["0", "0.5M", "1.0M"]),
            ((-3.0, 2.0), True, ["1e-3", "1"]),
            ((math.log10(0.2), math.log10(0.7)), True, ["0.2", "0.5", "1"]),
            ((0.0, 0.0), False, ["-0.5", "0", "0.5"]),
            ((1e30, 1e30), False, ["5.0e29", "1.0e30", "1.5e30"]),
        ],
    )
    def test_ticks_are_round_and_short(
        self, extent: tuple[float, float], log: bool, labels: list[str]
    ) -> None:
        assert [label for _, label in fit(extent, log=log).ticks(2)] == labels

    def test_limits_stay_while_the_data_stay_within(self) -> None:
        first = fit((0.0, 95.0))
        assert fit((0.0, 97.0), previous=first) is first
        assert fit((0.0, 40.0), previous=first) is first

    def test_limits_that_are_left_get_room_ahead(self) -> None:
        axis, moves = fit((0.0, 1.0)), 0
        for reach in range(2, 1000):
            after = fit((0.0, float(reach)), previous=axis)
            moves += after is not axis
            axis = after
        assert moves < 30

    def test_limits_far_too_wide_are_fitted_again(self) -> None:
        assert fit((0.0, 0.9), previous=fit((0.0, 1000.0))).high < 2

    def test_the_other_scale_starts_afresh(self) -> None:
        assert fit((0.0, 2.0), log=True, previous=fit((0.0, 100.0))) == Axis(0.0, 2.0, True)

    @given(
        st.floats(-1e300, 1e300),
        st.floats(-1e300, 1e300),
        st.booleans(),
        st.integers(1, 40),
    )
    def test_any_limits_have_ticks_within_them(
        self, one: float, other: float, log: bool, most: int
    ) -> None:
        low, high = sorted((one, other) if not log else (one / 1e298, other / 1e298))
        axis = fit((low, high), log=log)
        ticks = axis.ticks(most)
        slack = (axis.high - axis.low) * 1e-6
        assert axis.low - slack <= low <= high <= axis.high + slack
        assert ticks
        assert len(ticks) <= max(2 * most, 3) + 1
        assert all(axis.low - slack <= at <= axis.high + slack for at, _ in ticks)
        assert max(len(label) for _, label in ticks) <= 16

    def test_drawn_units_leave_out_what_has_no_place(self) -> None:
        values = np.array([1.0, 100.0, 0.0, -1.0, math.inf, math.nan])
        np.testing.assert_array_equal(axes.drawn(values, True), [0.0, 2.0, *[math.nan] * 4])
