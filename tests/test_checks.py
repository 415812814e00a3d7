"""Protects the one place in which a decoded value is believed or refused: what is of the wrong
kind, out of range or too long never gets past it, and the words say what was there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab import checks

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("check", "value", "words"),
    [
        (checks.whole, True, "is True, not a whole number"),
        (checks.whole, 1.0, "is 1.0, not a whole number"),
        (checks.whole, -1, "is -1, not a number from 0 to 9,007,199,254,740,992"),
        (checks.whole, 2**53 + 1, "is 9,007,199,254,740,993, not a number from 0"),
        (checks.pid, 99999999999, "is 99,999,999,999, not a number from 0 to 2,147,483,647"),
        (checks.seed, 2**64, "not a number from"),
        (checks.number, "1.5", "is '1.5', not a number"),
        (checks.number, False, "is False, not a number"),
        (checks.number, 10**400, "not a number"),
        (checks.measured, None, "is None, not a number"),
        (checks.seconds, "NaN", "is 'NaN', not a number of seconds from 0 to 1e+10"),
        (checks.seconds, -0.5, "is -0.5, not a number of seconds"),
        (checks.seconds, 1e300, "is 1e+300, not a number of seconds"),
        (checks.flag, 1, "is 1, not true or false"),
        (checks.text, 3, "is 3, not text"),
        (checks.name, "x" * 1001, "has 1,001 characters, more than 1,000"),
        (checks.setting, {"a": 1}, "is an object, not text"),
        (checks.setting, [[1]], "is a list of 1, not text"),
        (checks.setting, "x" * 100_000, "has 100,000 characters, more than 10,000"),
        (checks.setting, 2**70, "not a number from"),
        (checks.one_of("a", "b"), ["a"], "is a list of 1, not one of a, b"),
        (checks.listed(checks.whole), 3, "is 3, not a list"),
        (checks.listed(checks.whole), [1, "x"], "is 'x', not a whole number"),
        (checks.mapped(checks.number), [1], "is a list of 1, not an object"),
        (checks.mapped(checks.number), {"a": {}}, "'a' is an object, not a number"),
        (checks.mapped(checks.number, 2), dict.fromkeys("abc", 1), "has 3 entries, more than 2"),
        (checks.record({"n": checks.whole}, "n"), {"m": 1}, "n is missing"),
        (checks.record({"n": checks.whole}), {"m": {"deep": 1}}, "m is an object, not text"),
        (checks.steps, [1, True], "is a list of 2, not a list of whole numbers from 0"),
        (checks.steps, [-1], "not a list of whole numbers"),
        (checks.steps, "12", "is '12', not a list"),
        (checks.layer, {"x": {"y": 1}}, "'x' is an object, not text"),
        (checks.columns, {"a": [1.0, "x"]}, "hold a list of 2 for 'a', not a list of numbers"),
        (checks.columns, {"a": [1.0, None]}, "hold a list of 2 for 'a', not a list of numbers"),
        (checks.columns, {"a": [[1.0]]}, "hold a list of 1 for 'a', not a list of numbers"),
        (checks.columns, {"a": [True, 1]}, "hold a list of 2 for 'a', not a list of numbers"),
        (checks.columns, {"a": ["NaN", True]}, "hold a list of 2 for 'a', not a list of numbers"),
        (checks.columns, {"a": 3}, "hold 3 for 'a', not a list of numbers"),
        (checks.columns, {"x" * 1001: [1.0]}, "has 1,001 characters"),
        (checks.columns, dict.fromkeys(map(str, range(30_001)), ()), "has 30,001 entries"),
    ],
)
def test_what_is_refused(check: Callable[[Any], Any], value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        check(value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (checks.whole, 2**53),
        (checks.seed, -(2**63)),
        (checks.measured, 3),
        (checks.seconds, 1795218476.5),
        (checks.setting, "2,-3.4"),
        (checks.setting, [1, "a", None, True, 0.5]),
        (checks.optional(checks.whole), None),
        (checks.steps, []),
        (checks.layer, {"x": [[1], ["a"]], "note": "b"}),
        (checks.columns, {"a": [1, 2.5, "NaN", "-Infinity"], "b": []}),
        (checks.record({"n": checks.whole}, "n"), {"n": 1, "newer": ["field"]}),
    ],
)
def test_what_is_given_back_as_it_is(check: Callable[[Any], Any], value: Any) -> None:
    assert check(value) == value


def test_the_three_names_are_numbers() -> None:
    assert math.isnan(checks.number("NaN"))
    assert (checks.number("Infinity"), checks.measured("-Infinity")) == (math.inf, -math.inf)


def test_fields_that_are_not_known_are_left_out_and_the_one_at_fault_is_named() -> None:
    known: dict[str, checks.Check] = {"step": checks.whole, "t": checks.seconds}
    assert checks.fields({"step": 1, "mood": []}, known, ["step"]) == {"step": 1}
    with pytest.raises(ValueError, match=r"^t is 'x', not a number$"):
        checks.fields({"step": 1, "t": "x"}, known)
    with pytest.raises(ValueError, match=r"^step is missing$"):
        checks.fields({"t": 1.0}, known, ["step"])


@pytest.mark.parametrize(
    "text",
    ["", "now", "0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "1969-12-31T00:00:00+00:00",
     (NOW + timedelta(days=1, seconds=1)).isoformat()],
)  # fmt: skip
def test_a_time_at_which_no_run_was_made_is_none(text: str) -> None:
    assert checks.moment(text, NOW) is None


def test_a_time_is_told_in_utc_and_clocks_may_disagree() -> None:
    assert checks.moment("2026-11-26T13:00:00+01:00", NOW) == NOW
    ahead = NOW + timedelta(hours=23)
    assert checks.moment(ahead.isoformat(), NOW) == ahead


@given(st.lists(st.floats() | st.integers() | st.sampled_from(["NaN", "x", None, True, []])))
def test_a_column_is_numbers_exactly_when_each_of_its_values_is(column: list[Any]) -> None:
    def is_number(value: Any) -> bool:
        return type(value) in (int, float) or value == "NaN"

    try:
        checks.columns({"a": column})
    except ValueError:
        assert not all(map(is_number, column))
    else:
        # A switch among fractions is the number it counts as: looking at each would cost a fifth
        # of the time that reading a log takes.
        assert all(is_number(value) or value is True for value in column)
