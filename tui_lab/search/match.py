"""Which runs a query finds."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tui_lab.search.moments import span
from tui_lab.search.query import And, Comparison, Not, Or, Query, Words
from tui_lab.search.reference import MOMENTS, ORDERS, Searched, number, value_of, words

Condition = Callable[[Searched], bool]
Texts = Callable[[Searched], str]
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def searched_text(run: Searched) -> str:
    """All of a run that words are looked for in, in small letters: its name as it is called and as
    it was given, state, tags, note, error, and its hyperparameters as `name=value`."""
    chosen = {**run.hyperparameters, **run.changed}
    values = [f"{name}={words(value)}" for name, value in chosen.items()]
    state = str(run.status) if run.readable else f"{run.status} unreadable"
    own = (run.id, state, run.error, run.name, run.note, run.study, *run.tags)
    return "\n".join((*own, *values)).lower()


def condition(query: Query, now: datetime, texts: Texts = searched_text) -> Condition:
    """Whether a run is one that is asked for. `texts` gives what words are looked for in, for who
    keeps that from one search to the next."""
    match query:
        case Words(text):
            lower = text.lower()
            return lambda run: lower in texts(run)
        case Comparison():
            return _comparison(query, now, texts)
        case Not(of):
            unwanted = condition(of, now, texts)
            return lambda run: not unwanted(run)
        case And(parts):
            return _all([condition(part, now, texts) for part in parts])
        case Or(parts):
            some = [condition(part, now, texts) for part in parts]
            return lambda run: any(one(run) for one in some)


def _all(parts: Sequence[Condition]) -> Condition:
    def holds(run: Searched) -> bool:
        for part in parts:  # noqa: SIM110 # this is asked of thousands of runs at every letter
            if not part(run):
                return False
        return True

    return parts[0] if len(parts) == 1 else holds


def _comparison(asked: Comparison, now: datetime, texts: Texts) -> Condition:
    name, sign, given = asked.name, asked.sign, asked.value
    if given == "*" and sign not in ORDERS:
        is_wanted = sign != "!="
        return lambda run: (value_of(run, name) not in (None, "", ())) is is_wanted
    if name in MOMENTS and (asked_for := span(given, now)) is not None:
        return _in_time(sign, *asked_for)
    if sign in ORDERS:
        return _ordered(name, _ORDER[sign], number(given))
    is_like = _like(given) if sign == ":" else _same(given)
    if sign == "!=":
        return lambda run: (value := value_of(run, name)) is not None and not is_like(value)
    literally = f"{name}:{given}".lower() if sign == ":" else None

    def holds(run: Searched) -> bool:
        value = value_of(run, name)
        if value is None:  # no name, but text with a colon in it
            return literally is not None and literally in texts(run)
        return is_like(value)

    return holds


def _ordered(name: str, order: Callable[[float, float], bool], given: float | None) -> Condition:
    def holds(run: Searched) -> bool:
        value = number(value_of(run, name))
        return value is not None and given is not None and order(value, given)

    return holds


def _in_time(sign: str, begin: datetime, end: datetime) -> Condition:
    match sign:
        case "<":
            return lambda run: run.created < begin
        case "<=":
            return lambda run: run.created < max(end, begin)
        case ">":
            return lambda run: run.created >= end
        case ">=":
            return lambda run: run.created >= begin
        case "!=":
            return lambda run: not begin <= run.created < end
        case _:
            return lambda run: begin <= run.created < end


def _same(given: str) -> Callable[[Any], bool]:
    """Numbers are the same as numbers, text without regard to case; a list has one that is."""
    wanted, lower = number(given), given.lower()

    def is_same(value: Any) -> bool:
        if isinstance(value, tuple):
            return any(is_same(each) for each in value) or not (value or given)
        found = number(value) if wanted is not None else None
        if wanted is None or found is None:
            return words(value) == lower
        return found == wanted or (math.isnan(found) and math.isnan(wanted))

    return is_same


def _like(given: str) -> Callable[[Any], bool]:
    """As `_same`, but text need only hold what is given."""
    is_same, lower = _same(given), given.lower()

    def is_like(value: Any) -> bool:
        if isinstance(value, str):
            return lower in value.lower()
        return is_same(value)

    return is_like
