"""How the names and the values of knobs share the width of their panel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tui_lab.hyperparameters import Choice
from tui_lab.tui.knobs.knob import Knob

_SIGNS = 5
"""Columns of a knob's row that are neither its name nor its value."""
_ROOM = 21
"""Columns for both in a panel of the usual width."""
_LONG_VALUE, _SHORT_NAME = 9, 8
"""Columns that a value has before a name is cut, and that a name has in any case."""


class KnobColumns(NamedTuple):
    """The longest name and the longest value, in columns."""

    name: int
    value: int

    @classmethod
    def of(cls, knobs: Iterable[Knob]) -> KnobColumns:
        """Those of any of the knobs; nothing of none."""
        knobs = list(knobs)
        names = (len(knob.hyperparameter.label) for knob in knobs)
        return cls(max(names, default=0), max(map(_columns, knobs), default=0))

    @property
    def are_many(self) -> bool:
        """Whether they want a panel that is wider than usual."""
        return self.name + self.value > _ROOM

    def names(self, width: int) -> int:
        """Columns for the names in a panel; long ones give way to values, which are what there is
        to read."""
        room = width - _SIGNS - min(self.value, _LONG_VALUE)
        return min(self.name, max(room, _SHORT_NAME))


def _columns(knob: Knob) -> int:
    """Columns that any of the values to choose from takes, or else the present one."""
    chosen = knob.hyperparameter
    words = chosen.choices if isinstance(chosen, Choice) else (knob.text,)
    return max(map(len, words))
