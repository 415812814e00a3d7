"""The range that a value becomes at one key, and its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from tui_lab.errors import HyperparameterError
from tui_lab.hyperparameters import Choice, Flag, Float, Hyperparameter, Int, Value
from tui_lab.ranges import Range

_DECADE, _TWICE = 10.0, 2.0
"""How far the range reaches from the value: on a log scale, and on a linear one."""


def choices_of(hyperparameter: Hyperparameter) -> Sequence[Value]:
    """The values of a choice or a switch; none of a number."""
    if isinstance(hyperparameter, Choice):
        return hyperparameter.choices
    return (False, True) if isinstance(hyperparameter, Flag) else ()


def usual_range(hyperparameter: Hyperparameter, value: Value) -> Range | None:
    """All there is to choose from; of a number what lies about its value; None of a list."""
    if options := choices_of(hyperparameter):
        return Range.among(hyperparameter, options)
    if not isinstance(hyperparameter, Float | Int):
        return None
    assert isinstance(value, int | float)
    low, high = _about(hyperparameter, value)
    low, high = max(low, hyperparameter.low), min(high, hyperparameter.high)
    if low >= high:
        low, high = hyperparameter.low, hyperparameter.high
    log = hyperparameter.log and low > 0
    return Range.between(hyperparameter, low, high, log=log)


def _about(hyperparameter: Float | Int, value: float) -> tuple[float, float]:
    if hyperparameter.log:
        middle = value if value > 0 else float(str(hyperparameter.nudge(value, 1)))
        return _written(hyperparameter, middle / _DECADE, middle * _DECADE)
    if value <= 0:
        return hyperparameter.low, hyperparameter.high
    return _written(hyperparameter, value / _TWICE, value * _TWICE)


def _written(hyperparameter: Float | Int, low: float, high: float) -> tuple[float, float]:
    """As a person would write them."""
    if isinstance(hyperparameter, Int):
        return max(1, round(low)), round(high)
    return float(f"{low:.3g}"), float(f"{high:.3g}")


def nudged(
    hyperparameter: Hyperparameter, span: Range, end: int, direction: int, fine: bool
) -> Range:
    """The range with its end 0 or 1 at the neighbouring value; as it is where there is none."""
    ends: list[float] = [span.low, span.high]
    whole = isinstance(hyperparameter, Int)
    value = int(ends[end]) if whole else ends[end]
    ends[end] = float(str(hyperparameter.nudge(value, direction, fine=fine)))
    try:
        return Range.between(hyperparameter, ends[0], ends[1], log=span.log)
    except HyperparameterError:
        return span  # the ends would meet, or a log scale would begin at 0


def scaled(hyperparameter: Hyperparameter, span: Range) -> Range:
    """The same numbers on the other scale; raises `HyperparameterError`."""
    return Range.between(hyperparameter, span.low, span.high, log=not span.log)
