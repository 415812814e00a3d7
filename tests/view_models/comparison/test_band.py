"""Protects the one number that a reader takes from a comparison: the first step at which a run
leaves the band of the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.view_models.comparison.band import (
    band_of_seeds,
    first_other,
    first_outside,
    own_band,
)
from tui_lab.view_models.figure import Floats
from tui_lab.view_models.series import Series


def series(values: list[float] | Floats, first: int = 1) -> Series:
    line = Series()
    line.append(np.arange(first, first + len(values), dtype=float), np.asarray(values, float))
    return line


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300))
def test_the_band_is_the_extremes_around_each_point(values: list[float]) -> None:
    band = own_band(series(values))
    for place in range(len(values)):
        around = values[max(0, place - band.reach) : place + band.reach + 1]
        assert band.low[place] == min(around)
        assert band.high[place] == max(around)


@pytest.mark.parametrize(("points", "reach"), [(3, 2), (100, 10), (400, 40), (10_000, 50)])
def test_a_window_reaches_a_tenth_of_the_points(points: int, reach: int) -> None:
    assert own_band(series(np.zeros(points))).reach == reach


def test_a_run_leaves_where_it_stays_outside() -> None:
    flat = np.ones(100)
    band = own_band(series(flat))
    jumping = flat.copy()
    jumping[20:29] = 2.0  # nine points, and ten are needed
    jumping[60:] = 0.5
    assert first_outside(band, series(jumping)) == 61
    assert first_outside(band, series(flat)) is None


@pytest.mark.parametrize("reach", [10, 50])
@pytest.mark.parametrize("outside", [2, 9, 49])
def test_what_is_outside_up_to_the_end_has_left(reach: int, outside: int) -> None:
    flat = np.ones(10 * reach)
    band = own_band(series(flat))
    assert band.reach == reach
    short, late = np.full(outside, 9.0), flat.copy()
    late[-outside:] = 9.0
    assert first_outside(band, series(short)) == 1
    assert first_outside(band, series(late)) == len(flat) - outside + 1
    assert first_outside(band, series([9.0])) == 1
    if outside < reach:
        assert first_outside(band, series(late), ended=False) is None
    late[-1] = 1.0
    assert first_outside(band, series(late)) == (
        None if outside - 1 < reach else len(flat) - outside + 1
    )


def test_one_last_point_outside_is_noise() -> None:
    late = np.ones(100)
    late[-1] = 9.0
    assert first_outside(own_band(series(np.ones(100))), series(late)) is None


def test_where_the_band_says_nothing_a_stretch_goes_on() -> None:
    values = np.ones(300)
    values[100:200] = np.nan  # wider than the window, so that there is no band in its middle
    band = own_band(series(values))
    run = np.ones(300)
    run[125:205] = 9.0
    assert np.isnan(band.low[150])
    assert first_outside(band, series(run)) == 126


def test_noise_of_the_same_size_stays_inside() -> None:
    generator = np.random.default_rng(0)
    one, other = 1 + 0.1 * generator.standard_normal((2, 1000))
    assert first_outside(own_band(series(one)), series(other)) is None
    assert first_outside(own_band(series(one)), series(other + 1)) == 1


def test_a_run_that_is_no_number_is_outside() -> None:
    broken = np.ones(100)
    broken[50:] = np.nan
    assert first_outside(own_band(series(np.ones(100))), series(broken)) == 51
    broken[50:] = np.inf
    assert first_outside(own_band(series(np.ones(100))), series(broken)) == 51


def test_where_the_reference_is_no_number_nothing_is_said() -> None:
    nothing = np.full(100, np.nan)
    assert first_outside(own_band(series(nothing)), series(np.ones(100))) is None


def test_steps_that_the_reference_does_not_have_are_not_judged() -> None:
    band = own_band(series(np.ones(100), first=101))
    later = np.concatenate((np.full(100, 9.0), np.ones(100), np.full(100, 9.0)))
    assert first_outside(band, series(later)) is None


def test_seeds_give_a_band_of_percentiles() -> None:
    rows = [np.full(50, float(n)) for n in range(21)]
    band = band_of_seeds(series(rows[0]), [series(row) for row in rows[1:]])
    assert (band.low[0], band.high[0], band.seeds) == (1.0, 19.0, 21)
    assert "21 runs here that differ in the seed alone" in band.definition
    assert first_outside(band, series(np.full(50, 20.0))) == 1
    assert first_outside(band, series(np.full(50, 19.0))) is None


def test_a_seed_counts_where_it_has_steps() -> None:
    rows = [series(np.full(50, float(n))) for n in range(8)]
    short = [series(np.full(10, 100.0)), series(np.full(10, 100.0), first=41)]
    band = band_of_seeds(rows[0], [*rows[1:], *short])
    assert band.high[20] < 7 < band.high[5] < 100
    assert (band.seeds, band.fewest) == (10, 8)
    assert "8 of them where fewest have a value" in band.definition
    few = band_of_seeds(rows[0], [*rows[1:4], *short])
    assert np.isnan(few.low[20])
    assert np.isfinite(few.low[5])


def test_the_first_other_value_is_found_bit_for_bit() -> None:
    values = np.linspace(1, 2, 100)
    near = values.copy()
    near[70] = np.nextafter(near[70], 9)
    assert first_other(series(values), series(near)) == 71
    assert first_other(series(values), series(values)) is None
    gone = np.full(5, np.nan)
    assert first_other(series(gone), series(gone)) is None
