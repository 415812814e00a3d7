"""Names and values are offered for what is being typed, wherever in a query that is; what is taken
can be read, and nothing that is typed makes completing fail."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.tui.fakes import summary
from tui_lab.search.completion import MOST, completion
from tui_lab.search.parser import parsed
from tui_lab.search.query import Comparison
from tui_lab.search.vocabulary import Vocabulary

RUNS = [
    summary(1, hyperparameters={"lr": 0.1, "weight_decay": 3.0, "flag": True}, tags=("good",)),
    summary(2, hyperparameters={"lr": 0.1, "odd name": "a b"}, metrics={"test/loss": 1.0}),
    summary(3, experiment="other", hyperparameters={"lr": 0.02}, tags=("good", "draft")),
]
WORDS = Vocabulary(RUNS)


def offered(text: str, cursor: int | None = None) -> list[str]:
    """What can be taken, as it would be called."""
    at = len(text) if cursor is None else cursor
    return [candidate.words for candidate in completion(text, at, WORDS).candidates]


def taken(text: str, cursor: int | None = None) -> str:
    """The text once the first that is offered is taken."""
    found = completion(text, len(text) if cursor is None else cursor, WORDS)
    return text[: found.start] + found.candidates[0].text + text[found.end :]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("wei", ["weight_decay"]),
        ("loss", ["train/loss", "test/loss"]),
        ("x -wei", ["weight_decay"]),
        ("(lr=1 or tes", ["test/loss"]),
        ("lr=0.1 exp", ["experiment"]),
        ("tag:", ["draft", "good"]),
        ("tag:g", ["good"]),
        ("not tag:dr", ["draft"]),
        ("flag:", ["on"]),
        ("lr=", ["0.02", "0.1"]),
        ("lr >= 0.0", ["0.02"]),
        ('"odd name"=', ["a b"]),
        ('"odd n', ["odd name"]),
        ("'odd name'='a", ["a b"]),
        ("experiment:o", ["other", "toy"]),
        ("created>-7", ["-7d"]),
        ("", []),
        ("lr ", []),
        ("test/loss<", []),
        ("zzz", []),
        ("tag:good", []),
        ("lr", []),
    ],
)
def test_offers(text: str, names: list[str]) -> None:
    assert offered(text) == names


@pytest.mark.parametrize(
    ("text", "cursor", "after"),
    [
        ("wei", None, "weight_decay"),
        ("ta", None, "tag:"),
        ("tag:g", None, "tag:good "),
        ("odd", None, '"odd name"'),
        ("'odd name':a", None, "'odd name':\"a b\" "),
        ("wei lr=1", 3, "weight_decay lr=1"),
        ("tag:g and lr=1", 5, "tag:good  and lr=1"),
    ],
)
def test_what_is_taken_stands_in_the_place_of_what_was_begun(
    text: str, cursor: int | None, after: str
) -> None:
    assert taken(text, cursor) == after


def test_how_many_runs_have_a_value_is_told() -> None:
    found = completion("tag:", 4, WORDS).candidates
    assert [(each.words, each.runs) for each in found] == [("draft", 1), ("good", 2)]


def test_of_many_some_are_offered() -> None:
    many = Vocabulary([summary(n, hyperparameters={"x": n}) for n in range(100)])
    assert len(completion("x=", 2, many).candidates) == MOST


@given(st.text(st.sampled_from("lr=0.1 \"'()<>!:-tagod\\\n"), max_size=12), st.integers(0, 12))
@example("'", 1)
@example("=", 1)
@example("(-", 2)
def test_nothing_that_is_typed_breaks_it(text: str, cursor: int) -> None:
    found = completion(text, min(cursor, len(text)), WORDS)
    assert 0 <= found.start <= found.end <= len(text)


@given(st.sampled_from(["lr", "flag", "odd name", "tag", "weight_decay"]))
def test_every_value_that_is_offered_reads_back(name: str) -> None:
    begun = f'"{name}"='
    for each in completion(begun, len(begun), WORDS).candidates:
        assert parsed(begun + each.text) == Comparison(name, "=", each.words)
