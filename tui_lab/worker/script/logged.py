"""What a script logs itself: gathered by the updates taken, and written a few times a second."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from numbers import Integral, Real
from typing import Any

from torch import Tensor

from tui_lab.events import MetricsLogged
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord
from tui_lab.worker.script.finding import Finding

_INTERVAL = 1 / 30
"""Seconds between two writes."""
_MOST = 200
"""Keys; each is a curve."""
_LONGEST = 60
"""Characters of a name."""

_Place = tuple[int, int]
"""The updates taken, and the epochs that are over."""


class Logged:
    """Takes numbers by key, and makes metrics of the run of them."""

    def __init__(
        self,
        finding: Finding,
        publisher: Publisher,
        record: RunRecord,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._finding = finding
        self._publisher = publisher
        self._record = record
        self._clock = clock
        self._gathered: dict[str, tuple[list[_Place], list[float | Tensor]]] = {}
        self._keys: set[str] = set()
        self._refused: set[str] = set()
        self._calls = self._last = 0
        self._next = 0.0

    @property
    def is_due(self) -> bool:
        """Whether something waits to be written, and has waited for long enough."""
        return bool(self._gathered) and self._clock() >= self._next

    def add(self, data: Mapping[str, Any], step: Any = None) -> None:
        """Take over what is a number; of the rest it is said, once, that it is none."""
        place = self._place(step), self._publisher.position.epoch
        self._calls += 1
        for key, number in self._numbers(data):
            places, values = self._gathered.setdefault(key, ([], []))
            places.append(place)
            values.append(number)
        if self.is_due:
            self.write()

    def write(self) -> None:
        """Write what was gathered, together what was logged together."""
        self._next = self._clock() + _INTERVAL
        gathered, self._gathered = self._gathered, {}
        groups: dict[tuple[_Place, ...], dict[str, list[float]]] = {}
        for key, (places, values) in gathered.items():
            groups.setdefault(tuple(places), {})[key] = [float(value) for value in values]
        for shared, columns in groups.items():
            steps, epochs = [step for step, _ in shared], [epoch for _, epoch in shared]
            t = self._publisher.t
            self._publisher.emit(
                MetricsLogged(t=t, kind="epoch", steps=steps, epochs=epochs, columns=columns)
            )
            last = {key: values[-1] for key, values in columns.items()}
            self._record.progress(steps[-1], epochs[-1], last)

    def _place(self, step: Any) -> int:
        """Where it stands: the updates taken; in a script that trains nothing by its own count,
        or else by how often it has logged."""
        if self._finding.trains:
            at = self._publisher.position.step
        else:
            at = int(step) if isinstance(step, Integral) else self._calls
        self._last = max(self._last, at)
        return self._last

    def _numbers(self, data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
        for name, value in data.items():
            key = line(f"{prefix}{name}")
            if isinstance(value, Mapping):
                yield from self._numbers(value, f"{key}/")
            elif (number := plain_number(value)) is None:
                self._remark(f"log() was given {key} = {_shown(value)}, which is no number.", key)
            elif self._has_room(key):
                yield key, number

    def _has_room(self, key: str) -> bool:
        if key in self._keys:
            return True
        if len(self._keys) >= _MOST:
            self._remark(f"log() was given more than {_MOST} keys; the others are left out.", "")
            return False
        self._keys.add(key)
        self._finding.told.append(key)
        return True

    def _remark(self, message: str, key: str) -> None:
        if key not in self._refused:
            self._refused.add(key)
            self._publisher.remark(self._publisher.position.step, message)


@functools.lru_cache(maxsize=4 * _MOST)
def line(name: str) -> str:
    """A name as it fits on a line."""
    printable = "".join(each if each.isprintable() else " " for each in name)
    return " ".join(printable.split())[:_LONGEST] or "?"


def plain_number(value: Any) -> float | Tensor | None:
    """A number as it is now, on a card still there; None for what is none."""
    try:
        if isinstance(value, Tensor):
            if value.numel() != 1 or value.is_complex() or value.is_meta:
                return None
            return value.detach().clone() if value.is_cuda else float(value.item())
        if not isinstance(value, Real) and getattr(value, "size", 0) == 1:
            value = value.item()
        return float(value) if isinstance(value, Real) else None
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return None


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split()) if isinstance(value, str) else type(value).__name__
    return text if len(text) <= 40 else f"{text[:40]}…"
