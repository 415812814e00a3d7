"""Axes of a chart: limits that stand still, round ticks and their labels; numbers in, text out.

Everything here works in *drawn units*: the value itself, or its log10 on a logarithmic axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ticks = list[tuple[float, str]]
"""Positions in drawn units with their labels, ascending."""

_LARGEST = 1e300
"""Values beyond are drawn at the edge: the difference of two of them would overflow."""
_POWERS = (-320.0, 308.0)
"""Exponents of ten that are numbers still."""
_FILLED = 0.3
"""Limits are fitted again once the data fill less than this part of them."""
_HEADROOM = 0.25
"""What an axis that data have outgrown takes beyond them, so that it stands still for a while."""


@dataclass(frozen=True)
class Axis:
    """Limits of one axis in drawn units; `low < high` always."""

    low: float = 0.0
    high: float = 1.0
    log: bool = False

    def fraction(self, values: Floats) -> Floats:
        """Where the values stand between `low` (0) and `high` (1); NaN for what can't be placed."""
        return (drawn(values, self.log) - self.low) / (self.high - self.low)

    def edges(self, columns: int) -> Floats:
        """Where each of `columns` equal parts begins and the last one ends, in data units."""
        at = np.linspace(self.low, self.high, columns + 1)
        return 10.0 ** np.clip(at, *_POWERS) if self.log else at

    def ticks(self, most: int) -> Ticks:
        """About `most` round positions within the limits, and never none."""
        if self.log:
            return _log_ticks(self.low, self.high, most)
        return _linear_ticks(self.low, self.high, most)


def drawn(values: Floats, log: bool) -> Floats:
    """The values in drawn units; NaN for NaN, ±Inf and, on a logarithmic axis, all that is ≤ 0."""
    if not log:
        return np.where(np.isfinite(values), np.clip(values, -_LARGEST, _LARGEST), np.nan)
    positive = np.isfinite(values) & (values > 0)
    return np.log10(values, out=np.full(len(values), np.nan), where=positive)


def fit(
    extent: tuple[float, float] | None, *, log: bool = False, previous: Axis | None = None
) -> Axis:
    """Limits around an extent in drawn units, rounded outwards.

    `previous` limits are kept as long as the data stay within them and fill a fair part; data that
    leave them get some room ahead. So a growing curve moves its axis in jumps, and the rows of the
    chart that did not change need not be sent again. No extent: nothing can be placed yet.
    """
    if previous is not None and previous.log != log:
        previous = None
    if extent is None:
        return previous or Axis(log=log)
    low, high = extent
    if previous is not None and _holds(previous, low, high):
        return previous
    if previous is not None and not log:
        low, high = _ahead(previous, low, high)
    return _rounded_log(low, high) if log else _rounded(low, high)


def fixed(low: float, high: float, *, log: bool = False) -> Axis:
    """Limits as given, in data units; widened only where they would be none."""
    lower, upper = drawn(np.array([low, high], np.float64), log)
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return Axis(log=log)
    return fixed_drawn(float(min(lower, upper)), float(max(lower, upper)), log=log)


def fixed_drawn(low: float, high: float, *, log: bool = False) -> Axis:
    """Limits as given, in drawn units."""
    return Axis(*_apart(low, high), log)


def _holds(axis: Axis, low: float, high: float) -> bool:
    inside = axis.low <= low and high <= axis.high
    return inside and high - low >= _FILLED * (axis.high - axis.low)


def _ahead(axis: Axis, low: float, high: float) -> tuple[float, float]:
    if high < axis.low or low > axis.high or axis.low <= low <= high <= axis.high:
        return low, high  # other data altogether, or far fewer: a fresh fit
    room = _HEADROOM * (high - low)
    if high > axis.high:
        high += room
    if low < axis.low:
        low = max(low - room, 0.0) if low >= 0 else low - room
    return low, high


def _apart(low: float, high: float) -> tuple[float, float]:
    """Limits that differ by more than rounding does."""
    if high - low > max(abs(low), abs(high)) * 1e-12 and high - low > 1e-300:
        return low, high
    half = abs(high) / 2 if abs(high) > 1e-290 else 0.5
    return low - half, high + half


def _rounded(low: float, high: float) -> Axis:
    low, high = _apart(low, high)
    if 0 < low < _FILLED * high:
        low = 0.0
    if _FILLED * low < high < 0:
        high = 0.0
    step = _nice((high - low) / 8)
    lower = math.floor(low / step + 1e-9) * step
    return Axis(lower, math.ceil(high / step - 1e-9) * step)


def _rounded_log(low: float, high: float) -> Axis:
    if high - low < 1e-9:
        low, high = low - 0.3, high + 0.3
    if high - low > 3:
        return Axis(math.floor(low + 1e-9), math.ceil(high - 1e-9), True)
    marks = [k + m for k in range(math.floor(low) - 1, math.ceil(high) + 1) for m in _MANTISSAS]
    lower = max(mark for mark in marks if mark <= low + 1e-9)
    return Axis(lower, min(mark for mark in [*marks, marks[-1] + 1] if mark >= high - 1e-9), True)


_MANTISSAS = (0.0, math.log10(2), math.log10(5))


_STRIDES = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Decades between two ticks; with bars below the smallest number an axis has a thousand of them."""


def _nice(step: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten."""
    power = math.floor(math.log10(max(step, 1e-307)))
    scale = 10.0**power
    return min((1, 2, 5, 10), key=lambda m: abs(math.log(m * scale / max(step, 1e-307)))) * scale


def _linear_ticks(low: float, high: float, most: int) -> Ticks:
    step = _nice((high - low) / max(most, 1))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    while last - first + 1 > max(2 * most, 2):
        step = _nice(step * 2.2)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last < first:
        return [(low, _labels([low], high - low)[0])]
    values = [k * step for k in range(first, last + 1)]
    return list(zip(values, _labels(values, step), strict=True))


def _log_ticks(low: float, high: float, most: int) -> Ticks:
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if last > first:
        stride = next(s for s in _STRIDES if (last - first) / s <= max(most, 2))
        decades = range(-(-first // stride) * stride, last + 1, stride)
        shown = decades if len(decades) > 1 else (first, last)
        return [(float(k), _power(1, k)) for k in shown]
    between = [
        (k + math.log10(m), _power(m, k))
        for k in range(math.floor(low), last + 1)
        for m in (1, 2, 5)
        if low - 1e-9 <= k + math.log10(m) <= high + 1e-9
    ]
    if len(between) > 1:
        return between
    inner = _linear_ticks(10.0 ** max(low, _POWERS[0]), 10.0 ** min(high, _POWERS[1]), most)
    return [(math.log10(value), label) for value, label in inner if value > 0]


def _power(mantissa: int, exponent: int) -> str:
    if -3 < exponent < 4:
        return f"{mantissa * 10.0**exponent:g}"
    return f"{mantissa}e{exponent}"


def _labels(values: Sequence[float], step: float) -> list[str]:
    """Labels just precise enough to tell neighbours apart, short for tiny and for large values."""
    largest = max(abs(value) for value in values) or step
    if largest >= 1e9 or largest < 1e-3:
        return _shortest(values, step, _exponent)
    unit, suffix = (1e6, "M") if largest >= 1e6 else (1e3, "k") if largest >= 1e4 else (1.0, "")
    if step < unit / 100:
        unit, suffix = 1.0, ""
    labels = _shortest([value / unit for value in values], step / unit, _plain)
    return [label + suffix * (label != "0") for label in labels]


def _shortest(
    values: Sequence[float], step: float, written: Callable[[float, int], str]
) -> list[str]:
    """All values with the fewest digits that still say each of them."""
    for digits in range(10):
        labels = [written(value, digits) for value in values]
        said = zip(labels, values, strict=True)
        if all(abs(float(label) - value) < step * 1e-3 for label, value in said):
            break
    return labels


def _plain(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return "0" if float(text) == 0 else text


def _exponent(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    mantissa, power = f"{value:.{digits}e}".split("e")
    return f"{mantissa}e{int(power)}"
