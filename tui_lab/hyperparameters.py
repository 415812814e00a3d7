"""Hyperparameters as data: their domains, how they are read, written and nudged.

What a form, a command line or a help page makes of them is not decided here.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from decimal import Decimal
from typing import Any

from tui_lab.conditions import Condition
from tui_lab.decimals import next_multiple, next_stop, shortest
from tui_lab.errors import HyperparameterError
from tui_lab.tuples import require_several
from tui_lab.values import Hyperparameters as Hyperparameters
from tui_lab.values import Value as Value

EPOCHS = "epochs"
"""The one hyperparameter that the loop itself heeds, whether it is live or not: a run may always be
longer."""


@dataclass(frozen=True)
class Hyperparameter(ABC):
    """One input of an experiment: a name, a default and the domain of its values."""

    name: str
    """Unique in its experiment; the word on the command line and in run.json."""
    _: KW_ONLY
    default: Value
    """The value of a run that does not say otherwise."""
    symbol: str = ""
    """How the book writes it, `λ` for weight decay; empty when it has no symbol."""
    live: bool = False
    """Whether a running run takes a new value at its next step."""
    help: str = ""
    """One sentence, shown beside the knob and in `--help`."""
    aliases: tuple[str, ...] = ()
    """What else it may be called on the command line, beside its symbol and the common names."""
    only_if: tuple[Condition, ...] = ()
    """What must hold of the other values for this one to do anything at all."""

    @property
    @abstractmethod
    def domain(self) -> str:
        """The allowed values in words, such as `a number from 0 to 100`."""

    @abstractmethod
    def parse(self, text: str) -> Value:
        """Read a value as a person types it; raises `HyperparameterError`."""

    def format(self, value: Value) -> str:
        """Write a value so that `parse` gives it back exactly."""
        return str(value)

    @abstractmethod
    def nudge(self, value: Value, direction: int, *, fine: bool = False) -> Value:
        """The neighbouring value up (`direction` 1) or down (-1), inside the domain."""

    def check(self, value: object) -> Value:
        """Accept a value from JSON or from code; raises `HyperparameterError`."""
        return self.parse(value if isinstance(value, str) else self._text(value))

    def to_json(self, value: Value) -> Any:
        """The value as it stands in run.json."""
        return value

    @property
    def label(self) -> str:
        """Symbol and name, as a form shows them."""
        return f"{self.symbol} {self.name}".strip()

    def refuse(self, text: object) -> HyperparameterError:
        """The error for a value outside the domain, naming hyperparameter, domain and value."""
        shown = str(text).strip()
        given = f"not {shown[:40]!r}" if shown else "but nothing was given"
        return HyperparameterError(self.name, f"{self.name} must be {self.domain}, {given}.")

    def _text(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True)
class _Number(Hyperparameter):
    low: float
    high: float
    log: bool = False
    """Nudges multiply instead of add."""
    step: float | None = None
    """What a nudge adds on a linear scale; a twentieth of the range when None."""

    def _clip(self, value: float) -> float:
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Float(_Number):
    """A real number in [low, high]."""

    _: KW_ONLY
    default: float
    low: float
    high: float
    log: bool = False
    step: float | None = None
    smallest: float = 1e-3
    """On a log scale that reaches down to 0: the last stop above 0."""

    @property
    def domain(self) -> str:
        return f"a number from {shortest(self.low)} to {shortest(self.high)}"

    def parse(self, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise self.refuse(text) from None
        if not (math.isfinite(value) and self.low <= value <= self.high):
            raise self.refuse(text)
        return value + 0.0  # -0.0 becomes 0.0

    def format(self, value: Value) -> str:
        assert isinstance(value, int | float)
        return shortest(value)

    def nudge(self, value: Value, direction: int, *, fine: bool = False) -> float:
        assert isinstance(value, int | float)
        if not self.log:
            step = self.step or (self.high - self.low) / 20
            return self._clip(next_multiple(value, direction, step / 10 if fine else step))
        if value <= 0 or (direction < 0 and self.low <= 0 and value <= self.smallest):
            return self.smallest if direction > 0 else self.low
        stops = range(1, 10) if fine else (1, 3)
        return self._clip(next_stop(value, direction, stops))


@dataclass(frozen=True)
class Int(_Number):
    """A whole number in [low, high]."""

    _: KW_ONLY
    default: int
    low: int
    high: int
    log: bool = False
    step: int | None = None

    @property
    def domain(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"

    def parse(self, text: str) -> int:
        try:
            number = Decimal(text)  # exact at any size, and reads 1e3
            inside = self.low <= number <= self.high
        except ArithmeticError:
            raise self.refuse(text) from None
        if not inside or number != int(number):
            raise self.refuse(text)
        return int(number)

    def nudge(self, value: Value, direction: int, *, fine: bool = False) -> int:
        assert isinstance(value, int)
        if fine:
            return int(self._clip(value + direction))
        if not self.log:
            step = self.step or max(1, round((self.high - self.low) / 20))
            return int(self._clip(next_multiple(value, direction, step)))
        if value <= 0:
            return int(self._clip(max(self.low, 1) if direction > 0 else self.low))
        return int(self._clip(round(next_stop(value, direction, (1, 2, 5)))))


@dataclass(frozen=True)
class Choice(Hyperparameter):
    """One of a few words; the first is the default."""

    choices: tuple[str, ...]
    _: KW_ONLY
    default: str = ""

    def __post_init__(self) -> None:
        require_several(self, "choices")
        if not self.default:
            object.__setattr__(self, "default", self.choices[0])

    @property
    def domain(self) -> str:
        return "one of " + ", ".join(self.choices)

    def parse(self, text: str) -> str:
        if text.strip() not in self.choices:
            raise self.refuse(text)
        return text.strip()

    def nudge(self, value: Value, direction: int, *, fine: bool = False) -> str:
        index = self.choices.index(str(value)) + direction
        return self.choices[index % len(self.choices)]


@dataclass(frozen=True)
class Flag(Hyperparameter):
    """A switch, on or off."""

    _: KW_ONLY
    default: bool = False

    @property
    def domain(self) -> str:
        return "on or off"

    def parse(self, text: str) -> bool:
        word = text.strip().lower()
        if word not in _SWITCH:
            raise self.refuse(text)
        return _SWITCH[word]

    def format(self, value: Value) -> str:
        return "on" if value else "off"

    def nudge(self, value: Value, direction: int, *, fine: bool = False) -> bool:
        return not value


@dataclass(frozen=True)
class Vector(Hyperparameter):
    """Numbers with commas between them, `2,-3.4`, of any length up to `longest`."""

    _: KW_ONLY
    default: tuple[float, ...]
    low: float
    high: float
    longest: int = 64
    whole: bool = False
    """Whether the numbers must be whole, as layer widths are."""

    @property
    def domain(self) -> str:
        kind = "whole numbers" if self.whole else "numbers"
        span = f"from {shortest(self.low)} to {shortest(self.high)}"
        return f"1 to {self.longest} {kind} {span} with commas between them"

    def parse(self, text: str) -> tuple[float, ...]:
        try:
            values = tuple(float(part) + 0.0 for part in text.split(","))
        except ValueError:
            raise self.refuse(text) from None
        inside = all(math.isfinite(v) and self.low <= v <= self.high for v in values)
        if not inside or len(values) > self.longest or (self.whole and values != _whole(values)):
            raise self.refuse(text)
        return _whole(values) if self.whole else values

    def format(self, value: Value) -> str:
        assert isinstance(value, tuple)
        return ",".join(shortest(v) for v in value)

    def nudge(self, value: Value, direction: int, *, fine: bool = False) -> Value:
        """A list has no neighbour: it is typed, not nudged."""
        return value

    def to_json(self, value: Value) -> str:
        return self.format(value)

    def _text(self, value: object) -> str:
        return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


_SWITCH = {
    **dict.fromkeys(("on", "true", "yes", "1"), True),
    **dict.fromkeys(("off", "false", "no", "0"), False),
}


def _whole(values: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(int(v) for v in values)
