"""Protects what a curve must never lose while its memory stays bounded: ends, spikes and gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.view_models.figure import Floats
from tui_lab.view_models.series import Series, averaged, smooth

blocks = st.lists(st.lists(st.floats(), min_size=1, max_size=60), min_size=1, max_size=12)
numbers = st.lists(st.floats(), min_size=1, max_size=400)


def series_of(values: list[list[float]], capacity: int) -> Series:
    series, step = Series(capacity), 1
    for block in values:
        series.append(range(step, step + len(block)), block)
        step += len(block)
    return series


def ascending(n: int) -> Floats:
    return np.arange(1.0, n + 1)


class TestSeries:
    @given(blocks, st.integers(16, 64))
    def test_keeps_ends_spikes_and_gaps_within_its_capacity(
        self, values: list[list[float]], capacity: int
    ) -> None:
        """Whatever comes in, whatever its size."""
        series = series_of(values, capacity)
        flat = np.array([v for block in values for v in block])
        finite = flat[np.isfinite(flat)]
        kept = series.values[np.isfinite(series.values)]

        assert len(series) <= capacity
        assert series.total == len(flat)
        assert series.nonfinite == len(flat) - len(finite)
        assert (len(kept) < len(series)) == (len(finite) < len(flat))
        assert series.steps[0] == 1
        assert series.steps[-1] == len(flat)
        assert str([series.first, series.last]) == str(flat[[0, -1]].tolist())
        if len(finite):
            assert (kept.min(), kept.max()) == (finite.min(), finite.max())

    @given(blocks)
    def test_keeps_points_whole_and_in_order(self, values: list[list[float]]) -> None:
        """A kept value still stands at its own step."""
        series = series_of(values, 16)
        flat = np.array([v for block in values for v in block])

        assert np.all(np.diff(series.steps) > 0)
        there = flat[series.steps.astype(int) - 1]
        assert np.array_equal(there, series.values, equal_nan=True)

    def test_keeps_everything_until_it_is_full(self) -> None:
        series = series_of([[0.0] * 60, [1.0] * 4], 64)

        assert len(series) == 64

    def test_draws_the_start_of_a_long_run_as_finely_as_its_middle(self) -> None:
        series = Series(1024)
        for start in range(0, 100_000, 500):
            series.append(range(start, start + 500), np.sin(np.arange(start, start + 500)))

        quarters = np.histogram(series.steps, bins=4, range=(0, 100_000))[0]
        assert quarters[0] >= 0.9 * quarters[1] > 40

    def test_a_fiftieth_of_a_long_run_still_has_two_points_per_column(self) -> None:
        series, columns = Series(), 200
        for start in range(0, 3_000_000, 4000):
            series.append(range(start, start + 4000), np.sin(np.arange(start, start + 4000) / 7))
            if start % 400_000 == 0 and start:
                counts = np.histogram(series.steps, bins=50)[0]
                assert counts.min() >= 2 * columns

    def test_reads_the_names_of_non_finite_numbers(self) -> None:
        series = Series()
        series.append([4, 5, 6, 7], [1.5, "NaN", "Infinity", "-Infinity"], [0.1, 0.2, 0.3, 0.4])

        assert series.nonfinite == 3
        assert series.first_nonfinite == 5
        assert np.array_equal(series.values, [1.5, np.nan, np.inf, -np.inf], equal_nan=True)
        assert series.times.tolist() == [0.1, 0.2, 0.3, 0.4]

    def test_takes_what_is_no_number_as_nan(self) -> None:
        series = Series()
        series.append([1, 2, 3], [1.0, "[red]", None])

        assert (series.total, series.nonfinite) == (3, 2)

    def test_counts_what_a_log_axis_cannot_show(self) -> None:
        series = Series()
        series.append([1, 2, 3, 4, 5], [1.0, 0.0, -1.0, "NaN", "-Infinity"])

        assert series.nonpositive == 2

    def test_empty_has_no_ends(self) -> None:
        series = Series()
        series.append([], [])

        assert (len(series), series.first, series.last) == (0, None, None)
        assert series.first_nonfinite is None

    def test_what_was_handed_out_stays_as_it_was(self) -> None:
        series = series_of([[float(i) for i in range(64)]], 64)
        steps, values = series.steps, series.values
        series.append(range(65, 200), [0.0] * 135)

        assert steps.tolist() == list(range(1, 65))
        assert values.tolist() == list(range(64))

    def test_survives_steps_that_do_not_ascend(self) -> None:
        series = Series(16)
        series.append([5.0, 3.0, math.nan, 1e308, -1e308] * 20, range(100))

        assert len(series) <= 16
        assert (series.first, series.last) == (0.0, 99.0)

    def test_refuses_to_be_too_small_to_thin(self) -> None:
        with pytest.raises(ValueError, match="16"):
            Series(15)


class TestSmooth:
    @given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.floats(0.01, 0.99))
    def test_is_the_debiased_average_of_its_definition(
        self, values: list[float], weight: float
    ) -> None:
        """The textbook recursion, one value at a time."""
        expected, moment = [], 0.0
        for count, value in enumerate(values, start=1):
            moment = weight * moment + (1 - weight) * value
            expected.append(moment / (1 - weight**count))

        assert smooth(np.array(values), weight) == pytest.approx(expected, rel=1e-9, abs=1e-6)

    def test_starts_at_the_first_value(self) -> None:
        assert smooth(np.array([8.0, 8.0, 8.0]), 0.9) == pytest.approx([8.0, 8.0, 8.0])

    def test_leaves_non_finite_values_in_place_and_out_of_the_average(self) -> None:
        y = np.array([1.0, np.nan, 1.0, np.inf, 1.0])

        assert np.array_equal(smooth(y, 0.5), y, equal_nan=True)

    def test_keeps_the_largest_floats_finite(self) -> None:
        assert smooth(np.full(300, 1e308), 0.9) == pytest.approx([1e308] * 300)

    def test_weight_nothing_changes_nothing(self) -> None:
        assert smooth(np.array([3.0, 1.0]), 0.0).tolist() == [3.0, 1.0]

    @pytest.mark.parametrize("weight", [-0.1, 1.0, float("nan")])
    def test_refuses_a_weight_that_averages_nothing(self, weight: float) -> None:
        with pytest.raises(ValueError, match="weight"):
            smooth(np.array([1.0]), weight)

    def test_of_nothing_is_nothing(self) -> None:
        assert len(smooth(np.array([]), 0.9)) == 0


class TestAveraged:
    def test_means_equal_spans_at_their_last_points(self) -> None:
        x, y = averaged(ascending(8), np.array([1.0, 3, 5, 7, 0, 0, 2, 2]), 2)

        assert (x.tolist(), y.tolist()) == ([4.0, 8.0], [4.0, 1.0])

    def test_keeps_gaps(self) -> None:
        _, y = averaged(ascending(100), np.where(ascending(100) == 50, np.nan, 1e308), 10)

        assert np.count_nonzero(np.isnan(y)) == 1
        assert np.nanmax(y) == pytest.approx(1e308)

    def test_few_points_pass_through(self) -> None:
        _, y = averaged(ascending(3), np.array([1.0, 2.0, 3.0]), 400)

        assert y.tolist() == [1.0, 2.0, 3.0]
