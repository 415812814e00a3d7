"""Protects what a search finds and what it passes over; the words of the filter before it too."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.search.searched import Run
from tui_lab.run import RunStatus
from tui_lab.search.match import condition
from tui_lab.search.moments import LOCAL, span
from tui_lab.search.order import ordered
from tui_lab.search.parser import parsed
from tui_lab.search.reference import value_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
RUN = Run(
    hyperparameters={"weight_decay": 3.0, "implementation": "scratch", "decay_bias": False},
    metrics={"train/loss": 0.00131, "test/loss": float("nan")},
    tags=("good", "base-line"),
    name="First that worked",
    note="Try a smaller lr next.",
    study="weight-decay-20261120-115900-0001",
    trial=7,
    population="weight-decay-20261120-115901-0002",
    member=3,
    parent="weight-decay-20261120-115000-ab12",
)


def finds(text: str, run: Run = RUN) -> bool:
    return condition(parsed(text), NOW)(run)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "weight",
        "7F3A finished",
        "decay_bias scratch",
        "weight_decay=3",
        "weight_decay=3.0 train/loss<0.01",
        "weight_decay>=3",
        "weight_decay<=3",
        "weight_decay!=4",
        "implementation=SCRATCH",
        "decay_bias=off",
        "status=finished seed=0 step>100",
        "experiment=weight-decay epoch=1000 device=cpu",
        "experiment:decay implementation:scr",
        "tag:good",
        "tag=GOOD -tag:goo",
        "tag:base-line not tag:bad",
        "name:worked note:smaller",
        '"smaller lr"',
        "first and worked",
        "linear or weight",
        "-linear (linear or finished)",
        "test/loss=nan",
        "study:1159 trial=7 trial<8",
        "population:115901 member=3 member<4",
        "parent:ab12",
        "parent=*",
        "created=2026 created:2026-11 created=2026-11-20",
        "created>2026-11-19 created<2026-11-21",
        "created>=2026-11-20 created<=2026-11-20",
        "created='2026-11-20 11:59'",
        "created=2026-11-20T11:59:55",
        "created!=today",
        "created>-6d created<-4d created<yesterday started>-1w",
        "live=off",
        "not nosuch=1",
        "nosuch!=*",
        "error!=*",
        "error=",
        "weight_decay:3",
    ],
)
def test_finds(text: str) -> None:
    assert finds(text)


@pytest.mark.parametrize(
    "text",
    [
        "linear",
        "weight linear",
        "weight_decay=30",
        "weight_decay<3",
        "weight_decay>3",
        "weight_decay!=3",
        "error=boom",
        "implementation<1",
        "test/loss<1",
        "test/loss>=0",
        "nosuch=1",
        "nosuch!=1",
        "nosuch=*",
        "weight_decay!=*",
        "tag!=*",
        "weight_decay=",
        "decay_bias=on",
        "__class__=x",
        "tag:goo",
        "-tag:good",
        "tag=",
        "note=",
        "created=2026-11-21",
        "created>2026-11-20",
        "created<2026-11-20",
        "created>-4d",
        "weight and linear",
        "not (weight or linear)",
    ],
)
def test_passes_over(text: str) -> None:
    assert not finds(text)


def test_what_every_run_has_may_be_empty_and_what_it_lacks_is_never_compared() -> None:
    bare = Run(hyperparameters={"lr": 0.1})
    assert finds("tag!=good note!=x study!=y tag='' note='' -tag:good -tag=* -note=*", bare)
    assert not any(finds(text, bare) for text in ("momentum!=1", "test/loss!=1", "trial!=1"))
    assert finds("not momentum=1 not trial=1", bare)


def test_a_date_has_the_offset_of_its_own_time_of_the_year(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    try:
        for now in (datetime(2026, 7, 15, 12, tzinfo=LOCAL), datetime(2026, 1, 15, tzinfo=LOCAL)):
            winter, summer = span("2026-01-10", now), span("2026-07-10", now)
            assert winter is not None and winter[0] == datetime(2026, 1, 9, 23, tzinfo=UTC)  # noqa: PT018
            assert summer is not None and summer[0] == datetime(2026, 7, 9, 22, tzinfo=UTC)  # noqa: PT018
        begin, end = span("today", datetime(2026, 3, 29, 12, tzinfo=LOCAL)) or (NOW, NOW)
        assert end - begin == timedelta(hours=23)
        week, _ = span("-7d", datetime(2026, 3, 30, 12, tzinfo=LOCAL)) or (NOW, NOW)
        assert week == datetime(2026, 3, 23, 10, tzinfo=UTC)
        assert datetime.now(LOCAL).utcoffset() == datetime.now(UTC).astimezone().utcoffset()
        for extreme in ("0001", "9999-12-31"):
            span(extreme, NOW.astimezone(LOCAL))
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_last_value_of_a_knob_that_was_turned_counts() -> None:
    run = Run(hyperparameters={"lr": 0.1}, changed={"lr": 0.5})
    assert finds("lr=0.5 lr=0.5", run)
    assert not finds("lr<0.5", run)


def test_a_run_that_can_not_be_read_is_unreadable() -> None:
    run = Run(status=RunStatus.CRASHED, readable=False, error="run.json is torn")
    assert finds("status=unreadable torn crashed", run)
    assert not finds("status=crashed", run)


def test_text_with_a_colon_in_it_is_text() -> None:
    assert finds("RuntimeError:", Run(error="RuntimeError: boom"))
    assert not finds("ValueError:", Run(error="RuntimeError: boom"))


def test_words_are_looked_for_in_what_is_given() -> None:
    assert condition(parsed("kept"), NOW, lambda run: "was kept")(RUN)


@pytest.mark.parametrize(
    ("values", "falling", "order"),
    [
        ([2, None, 1.5, float("nan"), float("inf")], False, [1.5, 2, float("inf"), None]),
        ([2, None, 1.5], True, [2, 1.5, None]),
        (["b", "A", "", 3], False, [3, "A", "b", ""]),
        ([("b",), ("a", "z"), ()], False, [("a", "z"), ("b",), ()]),
    ],
)
def test_what_is_missing_comes_last(values: list[Any], falling: bool, order: list[Any]) -> None:
    found = ordered(values, lambda value: value, falling=falling)
    assert [value for value in found if value == value] == order


def test_every_field_can_be_asked_for() -> None:
    for name in ("tag", "created", "study", "run", "live", "steps"):
        assert value_of(RUN, name) is not None
    assert value_of(Run(), "trial") is value_of(Run(), "member") is None
