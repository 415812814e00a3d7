"""What a decoded JSON value must be before anyone computes with it: the one place that decides.

A run's directory is data from outside. Each check gives the value back, or raises `ValueError`
with the words that follow the name of a field: "is -1, not a number from 0 to 10".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Check = Callable[[Any], Any]

LARGEST = 2**53
"""Of a count: beyond it two neighbouring whole numbers are the same float."""
LARGEST_PID = 2**31 - 1
LONGEST_NAME = 1000
"""Characters: the parameters of a deep model have long ones."""
LONGEST_TEXT = 100_000
"""Characters of a text that is shown whole somewhere: a message, a traceback."""
LONGEST_SETTING = 10_000
"""Characters of a hyperparameter's value."""
MOST = 100_000
"""Entries of a mapping or a list, where those are not numbers alone."""
MOST_SETTINGS = 1000
MOST_COLUMNS = 30_000
"""Metrics of one run: three for each parameter of a model of ten thousand."""
LONGEST_TIME = 1e10
"""Seconds: some three centuries, for times since a run's start and since 1970."""
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
"""How far clocks may disagree."""
_NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""The numbers that JSON has no form for, as they stand in a run's files."""


def whole(value: Any, low: int = 0, high: int = LARGEST) -> int:
    """A whole number of that range; true and false are none."""
    if type(value) is not int:
        raise ValueError(f"is {_shown(value)}, not a whole number")
    if not low <= value <= high:
        raise ValueError(f"is {value:,}, not a number from {low:,} to {high:,}")
    return value


def pid(value: Any) -> int:
    """The number of a process; 0 for none."""
    return whole(value, 0, LARGEST_PID)


def seed(value: Any) -> int:
    """What torch takes as a seed."""
    return whole(value, -(2**63), 2**64 - 1)


def measured(value: Any) -> float | int:
    """A number as it is; NaN and ±Inf from their names."""
    if type(value) is float or type(value) is int:
        return value
    if isinstance(value, str) and value in _NAMED:
        return _NAMED[value]
    raise ValueError(f"is {_shown(value)}, not a number")


def number(value: Any) -> float:
    """As `measured`, always a float."""
    try:
        return float(measured(value))
    except OverflowError:
        raise ValueError(f"is {_shown(value)}, not a number") from None


def share(value: Any) -> float:
    """A part of a whole."""
    found = number(value)
    if 0 <= found <= 1:
        return found
    raise ValueError(f"is {_shown(value)}, not a share from 0 to 1")


def seconds(value: Any) -> float:
    """A time span, or a time since 1970."""
    found = value if type(value) is float else number(value)
    if 0 <= found <= LONGEST_TIME:
        return found
    raise ValueError(f"is {_shown(value)}, not a number of seconds from 0 to {LONGEST_TIME:.0e}")


def flag(value: Any) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    raise ValueError(f"is {_shown(value)}, not true or false")


def text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Text of at most so many characters."""
    if not isinstance(value, str):
        raise ValueError(f"is {_shown(value)}, not text")
    if len(value) > longest:
        raise ValueError(f"has {len(value):,} characters, more than {longest:,}")
    return value


def name(value: Any) -> str:
    """Text short enough for a name."""
    return text(value, LONGEST_NAME)


def setting(value: Any) -> Any:
    """The value of a hyperparameter in its JSON form: a number, a switch, text, or a list of such;
    None too, since a hyperparameter of one's own may write that."""
    if isinstance(value, list):
        return listed(_scalar)(value)
    return _scalar(value)


def plain(value: Any, depth: int = 4) -> Any:
    """A setting, or objects and lists of objects that hold such, nested at most `depth` times."""
    if depth and isinstance(value, dict):
        return mapped(lambda item: plain(item, depth - 1), MOST_SETTINGS)(value)
    if depth and isinstance(value, list) and value and isinstance(value[0], dict):
        return listed(lambda item: plain(item, depth - 1))(value)
    return setting(value)


def one_of(*words: str) -> Check:
    """One of these words."""

    def check(value: Any) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise ValueError(f"is {_shown(value)}, not one of {', '.join(words)}")

    return check


def optional(check: Check) -> Check:
    """None, or what passes a check."""
    return lambda value: None if value is None else check(value)


def listed(check: Check) -> Check:
    """A list whose items pass a check."""

    def check_all(value: Any) -> list[Any]:
        if type(value) is not list:
            raise ValueError(f"is {_shown(value)}, not a list")
        _bound(value)
        return [check(item) for item in value]

    return check_all


def mapped(check: Check, most: int = MOST) -> Check:
    """An object whose values pass a check, by names."""

    def check_all(value: Any) -> dict[str, Any]:
        items = _mapping(value, most).items()
        return {name(key): _named(f"{key[:40]!r}", check, item) for key, item in items}

    return check_all


def record(checks: Mapping[str, Check], *required: str) -> Check:
    """An object with fields of known kinds; those of a newer version hold what a setting may."""

    def check_all(value: Any) -> dict[str, Any]:
        items = _complete(value, required).items()
        return {key: _named(key, checks.get(key, setting), item) for key, item in items}

    return check_all


def columns(value: Any) -> Mapping[str, Any]:
    """Columns of numbers by name, as they are: the names of NaN and ±Inf stay text in them.

    They are long, so that each is passed over in C alone where it holds nothing but numbers.
    """
    for key, column in _mapping(value, MOST_COLUMNS).items():
        if len(key) > LONGEST_NAME:
            name(key)
        if not (type(column) is list and _is_numeric(column)):
            raise ValueError(f"hold {_shown(column)} for {key[:40]!r}, not a list of numbers")
    return value  # type: ignore[no-any-return]


def layer(value: Any) -> Mapping[str, Any]:
    """The data of a picture's layer: lists and single values by name. What is in the lists is for
    those to read who know the picture."""
    for key, item in _mapping(value).items():
        if not isinstance(item, list):
            _named(f"{name(key)[:40]!r}", setting, item)
    return value  # type: ignore[no-any-return]


def steps(value: Any) -> list[int]:
    """Counts, in a list."""
    if type(value) is not list:
        raise ValueError(f"is {_shown(value)}, not a list")
    if value and (set(map(type, value)) != {int} or min(value) < 0 or max(value) > LARGEST):
        raise ValueError(f"is {_shown(value)}, not a list of whole numbers from 0")
    return value


def fields(data: Any, checks: Mapping[str, Check], required: Iterable[str] = ()) -> dict[str, Any]:
    """Those fields of an object that there are checks for; `ValueError` names the one at fault."""
    data = _complete(data, required)
    found, key = {}, ""
    try:
        for key, check in checks.items():
            if key in data:
                found[key] = check(data[key])
    except ValueError as error:
        raise ValueError(f"{key} {error}") from None
    return found


def moment(value: str, now: datetime) -> datetime | None:
    """The time that an ISO 8601 text says, in UTC; None for what is no time, or one that no run
    can have been made at: before 1970, or later than `now` by more than clocks disagree."""
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST <= found <= now + _AHEAD else None


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return whole(value, -(2**63), 2**64 - 1)
    return text(value, LONGEST_SETTING)


def _mapping(value: Any, most: int = MOST) -> Mapping[str, Any]:
    if type(value) is not dict:
        raise ValueError(f"is {_shown(value)}, not an object")
    _bound(value, most)
    return value


def _complete(value: Any, required: Iterable[str]) -> Mapping[str, Any]:
    data = _mapping(value)
    for field in required:
        if field not in data:
            raise ValueError(f"{field} is missing")
    return data


def _bound(value: Any, most: int = MOST) -> None:
    if len(value) > most:
        raise ValueError(f"has {len(value):,} entries, more than {most:,}")


def _is_numeric(column: list[Any]) -> bool:
    try:
        total = sum(column)
    except TypeError:  # the name of a non-finite number, or something else
        words = {value for value in column if type(value) is str}
        return words <= _NAMED.keys() and set(map(type, column)) <= {float, int, str}
    return type(total) is float or bool not in set(map(type, column))


def _named(key: str, check: Check, value: Any) -> Any:
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"{key} {error}") from None


def _shown(value: Any) -> str:
    """A value in a few characters, whatever it is: a list may be as long as the file."""
    if isinstance(value, list | tuple | Mapping):
        return f"a list of {len(value):,}" if not isinstance(value, Mapping) else "an object"
    shown = repr(value[:40]) if isinstance(value, str) else repr(value)
    return shown if len(shown) <= 42 else f"{shown[:40]}…"
