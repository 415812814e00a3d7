"""Protects that `python -m benchmarks.cuda` never says that graphs give the numbers of steps where
none was replayed, or where one has a number and the other has none. Needs no card."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from benchmarks.cuda import checks
from benchmarks.cuda.checks import CASES, Case, compared, judged
from benchmarks.cuda.run import Run, different
from tui_lab.events import Remarked
from tui_lab.worker.checkpoints import Place

SAID = "Steps are taken one by one, not from a CUDA graph: it uses torch's fused dropout."
NAN = math.nan


def ended(replayed: int, *said: str, state: Any = 1.0) -> Run:
    log = [Remarked(t=0.0, step=3, message=message) for message in said]
    return Run({"w": state}, Place(9, 1, 0, 0.0), [*log], 1.0, [0.1], replayed)


@pytest.mark.parametrize(
    ("runs", "refused", "words"),
    [
        ([ended(0)], "", "no step was taken from a graph"),
        ([ended(9), ended(0)], "", "no step was taken from a graph"),
        ([ended(9, SAID)], "", SAID),
        ([ended(9), ended(9, SAID)], "", SAID),
        ([ended(9)], "fused dropout", "not refused: fused dropout"),
        ([ended(0, SAID)], "reads the place", SAID),
    ],
)
def test_a_case_that_is_not_what_it_should_be_is_not_met(
    runs: list[Run], refused: str, words: str
) -> None:
    found = judged([0.0], runs, "", refused)
    assert (found.difference, found.words) == (math.inf, words)


def test_a_case_that_was_replayed_says_how_often() -> None:
    assert judged([0.0, 0.5], [ended(4), ended(5)], "there", "").words == (
        "9 replayed there, 2 recordings"
    )
    assert judged([0.0, 0.5], [ended(4), ended(5)], "there", "").difference == 0.5
    assert judged([0.0], [ended(0, SAID)], "", "fused dropout").difference == 0.0


def test_every_case_is_judged_by_its_replays(monkeypatch: pytest.MonkeyPatch) -> None:
    def ran(*_: Any, graphs: bool, **__: Any) -> Run:
        return ended(0)

    monkeypatch.setattr(checks, "run", ran)
    for case in (Case("mlp"), Case("mlp", at=3), Case("mlp", {}, {"lr": 0.1}, 3)):
        assert compared(case).difference == math.inf
    assert {bool(case.at and not case.turned) for case in CASES} == {True, False}


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ([1.0, NAN], [1.0, NAN], 0.0),
        ([NAN], [0.0], math.inf),
        ([math.inf], [torch.finfo(torch.float64).max], math.inf),
        ([math.inf], [math.inf], 0.0),
        ([2.0], [1.0], 0.5),
    ],
)
def test_what_is_no_number_is_like_nothing_else(
    one: list[float], other: list[float], apart: float
) -> None:
    here, there = (torch.tensor(values, dtype=torch.float64) for values in (one, other))
    assert different({"w": here}, {"w": there}) == apart
    assert different(one, other) == apart
