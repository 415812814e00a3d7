"""Protects how a study's ranges are typed: every kind of hyperparameter has one, what can't be is
one sentence that names the hyperparameter and what would be right, and JSON gives the same back."""

from __future__ import annotations

from typing import Any

import pytest

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice, Flag, Float, Int, Vector
from tui_lab.ranges import Range, is_range, key_of

TOY = Experiment(
    name="toy",
    title="A toy",
    chapter="Basics",
    summary="",
    hyperparameters=(
        Choice("optimizer", ("sgd", "adam", "rmsprop")),
        Float("weight_decay", symbol="λ", default=3.0, low=0.0, high=100.0, log=True),
        Float("lr", default=0.003, low=1e-6, high=10.0, log=True),
        Float("momentum", default=0.0, low=0.0, high=0.99),
        Int("hidden", default=64, low=1, high=1024, log=True),
        Flag("nesterov"),
        Vector("widths", default=(64, 32), low=1, high=1024, whole=True),
    ),
    metrics=(),
    pictures=(),
    program="toy:Toy",
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("lr=log:1e-4..1", Range("lr", 1e-4, 1.0, log=True)),
        ("lr=1e-4..1", Range("lr", 1e-4, 1.0, log=True)),
        ("lr=linear:1e-4..1", Range("lr", 1e-4, 1.0)),
        ("learning_rate=1e-4..1", Range("lr", 1e-4, 1.0, log=True)),
        ("momentum=0..0.9", Range("momentum", 0.0, 0.9)),
        ("weight_decay=0..10", Range("weight_decay", 0.0, 10.0)),
        ("λ=0,1,3,10", Range("weight_decay", values=(0.0, 1.0, 3.0, 10.0))),
        ("hidden=64..512", Range("hidden", 64.0, 512.0, log=True, whole=True)),
        ("hidden=64,128", Range("hidden", values=(64, 128))),
        ("hidden=1..8:3", Range("hidden", values=(1, 3, 8))),
        ("hidden=linear:1..3:9", Range("hidden", values=(1, 2, 3))),
        ("lr=1e-4..1:5", Range("lr", values=(1e-4, 1e-3, 1e-2, 1e-1, 1.0))),
        ("momentum=0..0.9:4", Range("momentum", values=(0.0, 0.3, 0.6, 0.9))),
        ("optimizer=sgd,adam", Range("optimizer", values=("sgd", "adam"))),
        ("nesterov=on,off", Range("nesterov", values=(True, False))),
        ("widths=64,32;128", Range("widths", values=("64,32", "128"))),
    ],
)
def test_a_range_is_read_for_every_kind_of_hyperparameter(word: str, expected: Range) -> None:
    found = Range.parse(TOY, word)
    assert found == expected
    assert Range.from_json(found.to_json() | {"values": list(found.values)}) == found
    assert Range.parse(TOY, str(found)) == found


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("lrr=1..2", "toy has no hyperparameter 'lrr'; did you mean lr?"),
        ("lr=1..1e-4", "The range of lr has to rise, as in lr=0.0001..1."),
        ("lr=0..1", "lr must be a number from 1e-06 to 10, not '0'."),
        ("lr=..1", "lr must be a number from 1e-06 to 10, but nothing was given."),
        ("lr=0.1,", "lr must be a number from 1e-06 to 10, but nothing was given."),
        ("lr=0.1,0.1", "lr is given 0.1 twice."),
        ("lr=0.1..1:x", "After the last : of lr comes how many values, from 2 to 10,000, not 'x'."),
        ("lr=0.1..1:1", "After the last : of lr comes how many values, from 2 to 10,000, not '1'."),
        (
            "weight_decay=log:0..10",
            "A log scale of weight_decay has to begin above 0, as in weight_decay=log:0.01..10.",
        ),
        ("hidden=1..2.5", "hidden must be a whole number from 1 to 1,024, not '2.5'."),
        ("optimizer=sgd,adan", "optimizer must be one of sgd, adam, rmsprop, not 'adan'."),
        (
            "optimizer=a..b",
            "optimizer is no number: give its values, with , between them.",
        ),
        ("widths=1..2", "widths is no number: give its values, with ; between them."),
    ],
)
def test_what_is_no_range_is_refused_in_a_sentence(word: str, sentence: str) -> None:
    with pytest.raises(HyperparameterError) as refused:
        Range.parse(TOY, word)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("lr", "0.1", False),
        ("lr", "0.1,1", True),
        ("lr", "0.1..1", True),
        ("lr", "log:1", True),
        ("widths", "64,32", False),
        ("widths", "64,32;8", True),
        ("optimizer", "sgd", False),
    ],
)
def test_a_range_is_told_from_one_value(name: str, text: str, expected: bool) -> None:
    assert is_range(TOY[name], text) is expected


def test_how_many_values_there_are() -> None:
    assert Range.parse(TOY, "hidden=64..66").size == 3
    assert list(Range.parse(TOY, "hidden=64..66").points) == [64, 65, 66]
    assert Range.parse(TOY, "lr=0.1,1").size == 2
    assert Range.parse(TOY, "lr=0.1..1").size is None


def test_equal_proposals_have_one_key() -> None:
    assert key_of({"a": 1, "b": 2.0}) == key_of({"b": 2, "a": 1.0})
    assert key_of({"a": 1}) != key_of({"a": True})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "lr"}, "of 'lr' is no range of numbers and has no values"),
        ({"name": "lr", "low": 2.0, "high": 1.0}, "of 'lr' is no range of numbers"),
        ({"name": "lr", "low": 0.0, "high": 1.0, "log": True}, "of 'lr' is on a log scale"),
        ({"name": "lr", "low": "x", "high": 1.0}, "low is 'x', not a number"),
        ({"low": 1.0}, "name is missing"),
    ],
)
def test_a_damaged_range_is_refused(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")):
        Range.from_json(data)
