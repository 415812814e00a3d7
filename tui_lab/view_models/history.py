"""The table of all runs: which of them a filter shows, what tells them apart, and their cells."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tui_lab.run import RunStatus
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain

SYMBOLS = {
    RunStatus.PENDING: "…",
    RunStatus.RUNNING: "●",
    RunStatus.PAUSED: "◐",
    RunStatus.FINISHED: "✓",
    RunStatus.STOPPED: "■",
    RunStatus.FAILED: "✗",
    RunStatus.CRASHED: "!",
}
"""Beside the word, so that neither colour nor reading is needed to tell runs apart."""

_COMPARISON = re.compile(r"([^<>=!]+)(<=|>=|!=|=|<|>)(.*)")
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_AGES = ((60, "s"), (60, "min"), (24, "h"), (365, "d"))


class RunInfo(Protocol):
    """What the table needs to know of a run."""

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
    def created(self) -> datetime: ...
    @property
    def step(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    @property
    def metrics(self) -> Mapping[str, float]: ...
    @property
    def error(self) -> str: ...


@dataclass(frozen=True)
class HistoryRow:
    """One run, every cell as plain text."""

    id: str
    status: str
    """`● running`"""
    experiment: str
    age: str
    step: str
    differing: tuple[str, ...]
    """The values that tell the rows of the table apart, one per name in its heading."""
    metrics: tuple[str, ...]
    error: str


class HistoryTable:
    """Runs as rows, newest first as they are given; `now` is what ages are counted from."""

    def __init__(self, runs: Sequence[RunInfo], now: datetime, filter_text: str = "") -> None:
        wanted = run_filter(filter_text)
        self.runs = [run for run in runs if wanted(run)]
        """Those the filter shows."""
        self.differing = differing_names(self.runs)
        """Heading of the columns of hyperparameters: only those in which the runs differ."""
        self.metrics = tuple(dict.fromkeys(key for run in self.runs for key in run.metrics))
        """Heading of the columns of metrics."""
        self.rows = [self._row(run, now) for run in self.runs]

    def _row(self, run: RunInfo, now: datetime) -> HistoryRow:
        return HistoryRow(
            id=plain(run.id),
            status=status_words(run.status),
            experiment=plain(run.experiment),
            age=age_words(run.created, now),
            step=f"{run.step:,}",
            differing=tuple(_cell(_value(run, name)) for name in self.differing),
            metrics=tuple(_cell(run.metrics.get(key)) for key in self.metrics),
            error=plain(run.error),
        )


def status_words(status: RunStatus) -> str:
    """`● running`"""
    return f"{SYMBOLS[status]} {status}"


def age_words(created: datetime, now: datetime) -> str:
    """`5 s`, `12 min`, `3 h`, `40 d`, `2 y`; a run from a clock ahead of ours is `0 s` old."""
    age = max(0, int((now - created).total_seconds()))
    for size, unit in _AGES:
        if age < size:
            return f"{age} {unit}"
        age //= size
    return f"{age} y"


def differing_names(runs: Sequence[RunInfo]) -> tuple[str, ...]:
    """The hyperparameters, and the seed, in which the runs are not all the same."""
    names = dict.fromkeys(name for run in runs for name in (*run.hyperparameters, "seed"))
    return tuple(n for n in names if len({_cell(_value(run, n)) for run in runs}) > 1)


def run_filter(text: str) -> Callable[[RunInfo], bool]:
    """What a filter asks for: all of its words.

    A bare word occurs in the run's name, experiment or status. `name=value`, `!=`, `<`, `<=`, `>`
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
    return lambda run: any(
        lower in text.lower() for text in (run.id, run.experiment, str(run.status))
    )


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


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return _words(value)
    return "" if value is None else plain(short(value), 80)
