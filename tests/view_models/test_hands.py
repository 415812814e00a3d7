"""Protects that a log with more than one terminal's orders says whose each was, and one with a
single terminal's does not."""

from __future__ import annotations

from tests.view_models.folded import EXPERIMENT, started
from tui_lab.events import HyperparameterChanged
from tui_lab.view_models.run import RunView


def turned(*hands: str) -> list[str]:
    view = RunView(EXPERIMENT)
    view.fold(started())
    for step, by in enumerate(hands, 1):
        event = HyperparameterChanged(t=1.0, step=step, name="weight_decay", old=3, new=10, by=by)
        view.fold(event)
    return view.lines[1:]


def test_one_hand_is_not_named() -> None:
    assert turned("pts/3", "", "pts/3") == [
        "a  step 1: λ 3 → 10",
        "b  step 2: λ 3 → 10",
        "c  step 3: λ 3 → 10",
    ]


def test_from_the_second_on_they_are() -> None:
    assert turned("pts/3", "pts/4", "pts/3", "") == [
        "a  step 1: λ 3 → 10",
        "b  step 2: λ 3 → 10 (pts/4)",
        "c  step 3: λ 3 → 10 (pts/3)",
        "d  step 4: λ 3 → 10",
    ]
