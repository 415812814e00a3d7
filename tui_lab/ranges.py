"""What a study may give one hyperparameter: numbers from one to another, or one of a few values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from tui_lab import checks
from tui_lab.decimals import shortest
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Float, Hyperparameter, Int, Vector

_DOTS, _LOG, _LINEAR = "..", "log:", "linear:"
_MOST_POINTS = 10_000
"""Values of one hyperparameter."""


@dataclass(frozen=True)
class Range:
    """The values that one hyperparameter may take: `values` where there are any, else the numbers
    from `low` to `high`."""

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    """Whether equal factors between two numbers count alike, instead of equal differences."""
    whole: bool = False
    """Whether the numbers are whole ones."""
    values: tuple[Any, ...] = ()
    """In their JSON form, in the order they were given."""

    @classmethod
    def parse(cls, experiment: Experiment, word: str) -> Range:
        """The range that a person types: `lr=log:1e-4..1`, `hidden=64..512`, `lr=1e-4..1:5` for
        five values of it, `weight_decay=0,1,3,10`, or `widths=64,32;128` where a value is itself a
        list. On a log scale where the hyperparameter is and `linear:` does not say otherwise.
        Raises `HyperparameterError`."""
        name, _, text = word.partition("=")
        hyperparameter = experiment.named(name)
        if _DOTS in text:
            return _numbers(hyperparameter, text)
        parts = text.split(_separator(hyperparameter))
        return cls.among(hyperparameter, parts)

    @classmethod
    def between(
        cls, hyperparameter: Hyperparameter, low: float, high: float, *, log: bool
    ) -> Range:
        """Every number from `low` to `high`; raises `HyperparameterError`."""
        name = hyperparameter.name
        if not isinstance(hyperparameter, Float | Int):
            raise HyperparameterError(
                name,
                f"{name} is no number: give its values, with {_separator(hyperparameter)} between "
                "them.",
            )
        low, high = (float(str(hyperparameter.check(end))) for end in (low, high))
        if low >= high:
            ends = f"{shortest(high)}..{shortest(low)}"
            raise HyperparameterError(
                name, f"The range of {name} has to rise, as in {name}={ends}."
            )
        if log and low <= 0:
            raise HyperparameterError(
                name,
                f"A log scale of {name} has to begin above 0, as in "
                f"{name}=log:{shortest(high / 1000)}..{shortest(high)}.",
            )
        return cls(name, low, high, log, isinstance(hyperparameter, Int))

    @classmethod
    def among(cls, hyperparameter: Hyperparameter, values: Sequence[object]) -> Range:
        """One of these values (text, JSON or Python); raises `HyperparameterError`."""
        name = hyperparameter.name
        checked = [hyperparameter.check(value) for value in values]
        written = [hyperparameter.to_json(value) for value in checked]
        for place, value in enumerate(written):
            if value in written[:place]:
                shown = hyperparameter.format(checked[place])
                raise HyperparameterError(name, f"{name} is given {shown} twice.")
        if len(written) > _MOST_POINTS:
            raise HyperparameterError(name, f"{name} takes at most {_MOST_POINTS:,} values.")
        return cls(name, values=tuple(written))

    @property
    def size(self) -> int | None:
        """How many values there are; None where there is no end of them."""
        if self.values:
            return len(self.values)
        return int(self.high - self.low) + 1 if self.whole else None

    @property
    def points(self) -> Sequence[Any]:
        """All its values, where `size` says that there are so many; else none."""
        if self.values:
            return self.values
        return range(int(self.low), int(self.high) + 1) if self.whole else ()

    def __str__(self) -> str:
        """As it is typed."""
        if not self.values:
            scale = _LOG if self.log else _LINEAR
            return f"{self.name}={scale}{shortest(self.low)}{_DOTS}{shortest(self.high)}"
        separator = ";" if any(isinstance(v, str) and "," in v for v in self.values) else ","
        return f"{self.name}={separator.join(map(_typed, self.values))}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Range:
        """The range in a decoded object; raises `ValueError`, which names the field at fault."""
        found = cls(**checks.fields(data, _CHECKS, ("name",)))
        if not found.values and not (
            math.isfinite(found.low) and found.low < found.high < math.inf
        ):
            raise ValueError(f"of {found.name[:40]!r} is no range of numbers and has no values")
        if not found.values and found.log and found.low <= 0:
            raise ValueError(f"of {found.name[:40]!r} is on a log scale that begins at 0 or below")
        return found


def is_range(hyperparameter: Hyperparameter, text: str) -> bool:
    """Whether a value as typed is a range, and not one value."""
    separator = _separator(hyperparameter)
    return _DOTS in text or text.startswith((_LOG, _LINEAR)) or separator in text


def key_of(values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Values of ranges as a key: equal ones are the same proposal. 1 is not on, and 1.0 is 1."""
    return tuple(sorted((n, (isinstance(v, bool), v)) for n, v in values.items()))


def _numbers(hyperparameter: Hyperparameter, text: str) -> Range:
    """The range in `log:1e-4..1` or `1e-4..1:5`."""
    name = hyperparameter.name
    scale = next((prefix for prefix in (_LOG, _LINEAR) if text.startswith(prefix)), "")
    ends, colon, count = text.removeprefix(scale).partition(":")
    low, _, high = ends.partition(_DOTS)
    if not isinstance(hyperparameter, Float | Int):
        return Range.between(hyperparameter, 0, 0, log=False)  # raises
    lowest, highest = (float(hyperparameter.parse(end)) for end in (low, high))
    is_log = scale == _LOG or (not scale and hyperparameter.log and lowest > 0)
    found = Range.between(hyperparameter, lowest, highest, log=is_log)
    if not colon:
        return found
    if not count.isdecimal() or not 2 <= int(count[:9]) <= _MOST_POINTS:
        raise HyperparameterError(
            name,
            f"After the last : of {name} comes how many values, from 2 to {_MOST_POINTS:,}, not "
            f"{count[:40]!r}.",
        )
    return Range.among(hyperparameter, _spaced(found, int(count)))


def _spaced(numbers: Range, count: int) -> list[float | int]:
    """So many numbers at equal distances, or factors, the ends among them."""
    low, high = numbers.low, numbers.high
    if numbers.log:
        low, high = math.log(low), math.log(high)
    inner = [low + (high - low) * place / (count - 1) for place in range(1, count - 1)]
    between = [float(f"{math.exp(x) if numbers.log else x:.6g}") for x in inner]
    spaced = [numbers.low, *between, numbers.high]
    if not numbers.whole:
        return spaced
    whole = [round(x) for x in spaced]
    return [whole[0], *(b for a, b in pairwise(whole) if b != a)]


def _separator(hyperparameter: Hyperparameter) -> str:
    return ";" if isinstance(hyperparameter, Vector) else ","


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return shortest(value) if isinstance(value, int | float) else str(value)


_CHECKS: Mapping[str, checks.Check] = {
    "name": checks.name,
    "low": checks.number,
    "high": checks.number,
    "log": checks.flag,
    "whole": checks.flag,
    "values": lambda value: tuple(checks.listed(checks.setting)(value)),
}
