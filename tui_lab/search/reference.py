"""What a search may name of a run, beside its hyperparameters and metrics, and how it compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from tui_lab.run import RunStatus
from tui_lab.search.moments import is_moment

ORDERS = ("<", "<=", ">", ">=")


class Kin(Protocol):
    """What a run belongs to."""

    @property
    def parent(self) -> str: ...
    @property
    def study(self) -> str: ...
    @property
    def trial(self) -> int: ...
    @property
    def population(self) -> str: ...
    @property
    def member(self) -> int: ...


class Searched(Kin, Protocol):
    """What a search needs to know of a run."""

    @property
    def id(self) -> str: ...
    @property
    def experiment(self) -> str: ...
    @property
    def status(self) -> RunStatus: ...
    @property
    def readable(self) -> bool: ...
    @property
    def hyperparameters(self) -> Mapping[str, Any]: ...
    @property
    def changed(self) -> Mapping[str, Any]: ...
    @property
    def metrics(self) -> Mapping[str, float]: ...
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
    def error(self) -> str: ...
    @property
    def live(self) -> bool: ...
    @property
    def name(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


def _status(run: Searched) -> str:
    return str(run.status) if run.readable else "unreadable"


FIELDS: Mapping[str, Callable[[Searched], Any]] = {
    "experiment": lambda run: run.experiment,
    "status": _status,
    "tag": lambda run: run.tags,
    "name": lambda run: run.name,
    "note": lambda run: run.note,
    "run": lambda run: run.id,
    "seed": lambda run: run.seed,
    "device": lambda run: run.device,
    "step": lambda run: run.step,
    "steps": lambda run: run.step,
    "epoch": lambda run: run.epoch,
    "created": lambda run: run.created,
    "started": lambda run: run.created,
    "parent": lambda run: run.parent,
    "study": lambda run: run.study,
    "trial": lambda run: run.trial if run.trial >= 0 else None,
    "population": lambda run: run.population,
    "member": lambda run: run.member if run.member >= 0 else None,
    "error": lambda run: run.error,
    "live": lambda run: run.live,
}
"""Every other name by which something of a run is asked for."""
MOMENTS = frozenset(("created", "started"))
NUMBERS = frozenset(("seed", "step", "steps", "epoch", "trial", "member"))
TEXTS = frozenset(FIELDS) - MOMENTS - NUMBERS


def value_of(run: Searched, name: str) -> Any:
    """What a run has of that name: the last value of a hyperparameter, else of a metric, else one
    of the fields; None where it has no such thing."""
    # One after the other, not in a loop: this is asked of thousands of runs at every letter.
    if name in (values := run.changed):
        return values[name]
    if name in (values := run.hyperparameters):
        return values[name]
    if name in (values := run.metrics):
        return values[name]
    field = FIELDS.get(name)
    return None if field is None else field(run)


def number(value: Any) -> float | None:
    """A value as a number, if it is one."""
    if isinstance(value, float):
        return value
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def words(value: Any) -> str:
    """A value as a person writes it, in small letters."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value).lower()


def complaint(name: str, sign: str, value: str) -> str:
    """Why a comparison can't be meant; empty where it can."""
    if name in MOMENTS:
        return _of_moment(name, sign, value)
    if sign not in ORDERS:
        return ""
    if name in TEXTS:
        return f"{name} is no number; write {name}:… or {name}=…."
    if not value:
        return f"A number is missing after {name}{sign}."
    return "" if number(value) is not None else f"{value!r} is no number to compare {name} with."


def _of_moment(name: str, sign: str, value: str) -> str:
    if not value:
        return f"A date is missing after {name}{sign}, such as 2026-11-01, today or -7d."
    if value.startswith("-") and sign not in ORDERS and is_moment(value):
        return f"{value} is a moment; write {name}>{value} or {name}<{value}."
    if value == "*" or is_moment(value):
        return ""
    return f"{value!r} is no date; write one as 2026-11-01, today or -7d (s, min, h, d, w)."
