"""When a hyperparameter does something: conditions on the values of the others, as data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from tui_lab.values import Value


class Condition(ABC):
    """Something that must hold of the values chosen together."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The hyperparameters it looks at."""

    @abstractmethod
    def holds(self, values: Mapping[str, Value]) -> bool:
        """Whether it does, of these values."""

    @abstractmethod
    def failure(self, written: Mapping[str, str]) -> str:
        """What is the case where it does not hold, after "while"; `written` has the value of each
        of its hyperparameters as `name=value`."""


@dataclass(frozen=True)
class Among(Condition):
    """A hyperparameter has one of these values."""

    name: str
    values: tuple[Value, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def holds(self, values: Mapping[str, Value]) -> bool:
        return values[self.name] in self.values

    def failure(self, written: Mapping[str, str]) -> str:
        return written[self.name]


@dataclass(frozen=True)
class Not(Condition):
    """A hyperparameter has any value but this one."""

    name: str
    value: Value

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def holds(self, values: Mapping[str, Value]) -> bool:
        return values[self.name] != self.value

    def failure(self, written: Mapping[str, str]) -> str:
        return written[self.name]


@dataclass(frozen=True)
class Remainder(Condition):
    """Dividing one whole number by another leaves a rest, as a short last batch is one."""

    number: str
    divisor: str

    @property
    def names(self) -> tuple[str, ...]:
        return self.number, self.divisor

    def holds(self, values: Mapping[str, Value]) -> bool:
        number, divisor = values[self.number], values[self.divisor]
        assert isinstance(number, int)
        assert isinstance(divisor, int)
        return number % divisor != 0

    def failure(self, written: Mapping[str, str]) -> str:
        return f"{written[self.divisor]} divides {written[self.number]}"


def among(name: str, *values: Value) -> tuple[Condition, ...]:
    """`only_if=among("remedy", "dropout")`: idle while `name` has any other value."""
    return (Among(name, values),)


def unless(name: str, value: Value) -> tuple[Condition, ...]:
    """`only_if=unless("updates", 0)`: idle while `name` has this value."""
    return (Not(name, value),)


def remainder(number: str, divisor: str) -> tuple[Condition, ...]:
    """`only_if=remainder("examples", "batch_size")`: idle while no last batch is short."""
    return (Remainder(number, divisor),)
