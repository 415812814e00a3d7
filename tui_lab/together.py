"""Which runs of an experiment may train together, as one population: a declaration, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tui_lab.conditions import Condition
from tui_lab.values import Value

MOST_MEMBERS = 1024
"""Runs of one population: each keeps four files open."""


CURE = "Run them one after another."
"""How the sentence ends by which a population is refused once its program is looked at."""


@dataclass(frozen=True)
class Together:
    """Runs may train as one batch that differ in their seeds, and in the numbers of `differ`."""

    differ: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    """Those of them that make another program where they are 0 or 1, as a probability does: runs
    with 0 train with runs with 0."""
    only_if: tuple[Condition, ...] = ()
    """What must hold of the values besides."""
    why: str = ""
    """Why one of these conditions is there; a whole sentence."""
    never: str = ""
    """Why no runs of the experiment train together, where that is so; a whole sentence."""

    def refusal(self, values: Mapping[str, Value]) -> str:
        """Why runs with these values train one after another; empty where they need not."""
        if self.never:
            return self.never
        return "" if all(each.holds(values) for each in self.only_if) else self.why
