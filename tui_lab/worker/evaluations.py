"""Whole-set measurements in order, in stretches that each have the same metrics throughout.

A metric need not be there every time. Each value stands beside the step it was measured after, and
none is made up where there was none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass
class Measurements(Generic[V]):
    """What was measured after some steps: a value of each metric for each of them."""

    at: list[tuple[int, int]] = field(default_factory=list)
    """The step and the epoch of each time."""
    columns: dict[str, list[V]] = field(default_factory=dict)


class Evaluations(Generic[V]):
    """Gathers measurements until they are taken."""

    def __init__(self) -> None:
        self._stretches: list[Measurements[V]] = []

    def add(self, step: int, epoch: int, values: Mapping[str, V]) -> None:
        """What was measured after a step."""
        last = self._stretches[-1] if self._stretches else None
        if last is None or last.columns.keys() != values.keys():
            last = Measurements(columns={key: [] for key in values})
            self._stretches.append(last)
        last.at.append((step, epoch))
        for key, value in values.items():
            last.columns[key].append(value)

    def extend(self, measured: Sequence[Measurements[V]]) -> None:
        """What someone else has gathered."""
        self._stretches += measured

    def cut_after(self, step: int) -> None:
        """Forget what was measured after a later step."""
        for stretch in self._stretches:
            count = sum(at <= step for at, _ in stretch.at)
            del stretch.at[count:]
            for column in stretch.columns.values():
                del column[count:]
        self._stretches = [stretch for stretch in self._stretches if stretch.at]

    def take(self) -> list[Measurements[V]]:
        """All of it; nothing is left."""
        taken, self._stretches = self._stretches, []
        return taken
