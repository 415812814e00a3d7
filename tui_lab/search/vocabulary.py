"""The names and values that the runs there are have: what may be asked about."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from tui_lab.search.order import ordered
from tui_lab.search.query import Query, names
from tui_lab.search.reference import FIELDS, MOMENTS, Searched, value_of, words

_MOMENTS = ("-1h", "today", "yesterday", "-7d", "-30d")
_MOST_VALUES = 200
"""Values of one name that are offered, the commonest where there are more."""


class Vocabulary:
    """What runs have; each name's values are counted when they are asked for."""

    def __init__(self, runs: Collection[Searched]) -> None:
        self._runs = runs
        self.metrics = _keys(run.metrics for run in runs)
        self.hyperparameters = _keys(run.hyperparameters for run in runs)
        self._values: dict[str, list[tuple[str, int]]] = {}

    def grown(self, runs: Collection[Searched], new: Collection[Searched]) -> Vocabulary:
        """That of `runs`, which are those of this one and `new`, looking through the new alone."""
        grown = Vocabulary(new)
        grown._runs = runs
        grown.metrics = self.metrics | grown.metrics
        grown.hyperparameters = self.hyperparameters | grown.hyperparameters
        return grown

    @property
    def names(self) -> list[str]:
        """Every name: hyperparameters, metrics, fields."""
        return list(dict.fromkeys((*self.hyperparameters, *self.metrics, *FIELDS)))

    def values(self, name: str) -> list[tuple[str, int]]:
        """The values of that name as they are typed, with how many runs have each: numbers in
        their order, then words. No metric has any: each of its values is one run's."""
        if name not in self._values:
            self._values[name] = [] if self._is_metric(name) else self._counted(name)
        return self._values[name]

    def _is_metric(self, name: str) -> bool:
        return name in self.metrics and name not in self.hyperparameters

    def _counted(self, name: str) -> list[tuple[str, int]]:
        if name in MOMENTS and name not in self.hyperparameters:
            return [(text, 0) for text in _MOMENTS]
        counts = Counter[Any]()
        for run in self._runs:
            value = value_of(run, name)
            counts.update(value if isinstance(value, tuple) else [_hashable(value)])
        common = [value for value, _ in counts.most_common(_MOST_VALUES) if value not in (None, "")]
        return [(_typed(value), counts[value]) for value in ordered(common, lambda value: value)]


def unknown(query: Query, runs: Iterable[Searched]) -> list[str]:
    """The names that a query asks about and no run has."""
    asked = {name for name in names(query) if name not in FIELDS}
    for run in runs:
        if not asked:
            break
        asked -= run.hyperparameters.keys()
        asked -= run.metrics.keys()
    return sorted(asked)


def nearest(name: str, runs: Collection[Searched]) -> str:
    """The name of something that the runs have and that was perhaps meant; empty for none."""
    near = difflib.get_close_matches(name, Vocabulary(runs).names, n=1, cutoff=0.6)
    return near[0] if near else ""


def _keys(mappings: Iterable[Any]) -> dict[str, None]:
    """All keys, those of the first mappings first."""
    found: dict[str, None] = {}
    for mapping in mappings:
        if not mapping.keys() <= found.keys():
            found.update(dict.fromkeys(mapping))
    return found


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _typed(value: Any) -> str:
    return words(value) if isinstance(value, bool) else str(value)
