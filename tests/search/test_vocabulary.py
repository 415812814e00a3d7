"""Protects what is offered while a search is typed: the names and values that runs have."""

from __future__ import annotations

from tests.search.searched import Run
from tui_lab.search.parser import parsed
from tui_lab.search.vocabulary import Vocabulary, nearest, unknown

RUNS = [
    Run(hyperparameters={"lr": 0.1, "on": True}, metrics={"test/loss": 1.0}, tags=("good", "b")),
    Run(hyperparameters={"lr": 0.02, "hidden": "64"}, tags=("good",)),
    Run(hyperparameters={"lr": 0.1}, changed={"lr": 0.5}),
]


def test_names_are_hyperparameters_metrics_and_fields() -> None:
    names = Vocabulary(RUNS).names
    assert names[:4] == ["lr", "on", "hidden", "test/loss"]
    assert {"tag", "status", "created", "study"} <= set(names)


def test_values_are_counted_and_in_their_order() -> None:
    vocabulary = Vocabulary(RUNS)
    assert vocabulary.values("lr") == [("0.02", 1), ("0.1", 1), ("0.5", 1)]
    assert vocabulary.values("tag") == [("b", 1), ("good", 2)]
    assert vocabulary.values("on") == [("on", 1)]
    assert vocabulary.values("status") == [("finished", 3)]
    assert vocabulary.values("test/loss") == []
    assert ("today", 0) in vocabulary.values("created")


def test_a_name_that_no_run_has_is_found_out() -> None:
    assert unknown(parsed("lr>0 lrr>0 status=x nosuch=2"), RUNS) == ["lrr", "nosuch"]
    assert nearest("test/los", RUNS) == "test/loss"
    assert nearest("zzz", RUNS) == ""
