"""What a filter over runs asks for."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tui_lab.run import RunStatus

_COMPARISON = re.compile(r"([^<>=!]+)(<=|>=|!=|=|<|>)(.*)")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class RunInfo(Protocol):
    """What a filter needs to know of a run."""

    @property
    def id(self) -> str: ...
    @property
    def experiment(self) -> str: ...
    @property
    def status(self) -> RunStatus: ...
    @property
    def hyperparameters(self) -> Mapping[str, Any]: ...
    @property
    def seed(self) -> int: ...
    @property
    def device(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    @property
    def metrics(self) -> Mapping[str, float]: ...
    @property
    def error(self) -> str: ...


def run_filter(text: str) -> Callable[[RunInfo], bool]:
    """What a filter asks for: all of its words.

    A bare word occurs in the run's name, status, error, or in one of its hyperparameters written
    `name=value`. `name=value`, `!=`, `<`, `<=`, `>`
    and `>=` compare a hyperparameter, a metric, or one of seed, device, step, epoch, status and
    experiment; numbers as numbers, other text without regard to case.
    """
    wanted = [_condition(word) for word in text.split()]
    return lambda run: all(condition(run) for condition in wanted)


def _condition(word: str) -> Callable[[RunInfo], bool]:
    if match := _COMPARISON.fullmatch(word):
        name, sign, given = match.groups()
        return lambda run: _compare(_value(run, name), sign, given)
    lower = word.lower()
    return lambda run: any(lower in text.lower() for text in _texts(run))


def _texts(run: RunInfo) -> list[str]:
    chosen = [f"{name}={_words(value)}" for name, value in run.hyperparameters.items()]
    return [run.id, str(run.status), run.error, *chosen]


def _compare(value: Any, sign: str, given: str) -> bool:
    if value is None:
        return False
    numbers = _number(value), _number(given)
    if sign in _ORDER:
        return None not in numbers and _ORDER[sign](*numbers)  # type: ignore[arg-type]
    same = numbers[0] == numbers[1] if None not in numbers else _words(value) == given.lower()
    return same == (sign == "=")


def _value(run: RunInfo, name: str) -> Any:
    for values in (run.hyperparameters, run.metrics):
        if name in values:
            return values[name]
    known = ("seed", "device", "step", "epoch", "status", "experiment")
    return getattr(run, name) if name in known else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _words(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value).lower()
