"""A study's view: the best trial, the order of the rows, and what is said of counts and states."""

from __future__ import annotations

import pytest

from tests.studied import JUDGED, asked, trial
from tui_lab.study import TrialState
from tui_lab.view_models.study import (
    StudyView,
    TrialOrder,
    best_in_words,
    counts_in_words,
    state_in_words,
)

PRUNED, FAIL = TrialState.PRUNED, TrialState.FAIL
NAN = float("nan")


def view(*trials: object, **changes: object) -> StudyView:
    made = StudyView(asked(**changes), JUDGED)
    made.take(trials)  # type: ignore[arg-type]
    return made


def numbers(found: StudyView, key: str, *, falling: bool = False) -> list[int]:
    return [each.number for each in found.ordered(TrialOrder(key, falling))]


def test_the_best_is_the_least_of_the_complete_ones() -> None:
    pruned = trial(3, state=PRUNED, curve=((1, 0.1),))
    found = view(trial(0, 0.5), trial(1, 0.2), trial(2), pruned, trial(4, NAN))
    assert found.best is not None
    assert found.best.number == 1
    assert [each.number for each in found.ranked] == [1, 0]
    assert found.rank(found.trials[0]) == 2
    assert found.rank(pruned) == 0


def test_the_best_is_the_greatest_where_more_is_better() -> None:
    found = view(trial(0, 0.5), trial(1, 0.7), direction="maximize", goal="val/accuracy")
    assert [each.number for each in found.ranked] == [1, 0]


def test_of_equal_goals_the_first_is_best() -> None:
    assert [each.number for each in view(trial(1, 0.5), trial(0, 0.5)).ranked] == [0, 1]


def test_what_comes_later_takes_the_place_of_what_stood() -> None:
    found = view(trial(0), trial(1, 0.4))
    assert found.best is not None
    before = found.revision
    assert found.take([trial(0, 0.1)])
    assert found.revision > before
    assert found.best.number == 0
    assert found.counts == {TrialState.COMPLETE: 2}
    assert not found.take([trial(0, 0.1)])


def test_the_distance_is_to_the_best_of_a_running_trial_too() -> None:
    found = view(trial(0, 0.5), trial(1, curve=((1, 0.9), (2, 0.75))))
    assert found.distance(found.trials[1]) == pytest.approx(0.25)
    assert found.distance(trial(2)) is None
    assert view(trial(1, curve=((1, 0.9),))).distance(trial(1)) is None


@pytest.mark.parametrize(
    ("key", "falling", "order"),
    [
        ("trial", False, [0, 1, 2, 3]),
        ("trial", True, [3, 2, 1, 0]),
        ("goal", False, [1, 0, 2, 3]),
        ("goal", True, [0, 1, 2, 3]),
        ("lr", False, [2, 0, 1, 3]),
        ("step", True, [3, 0, 1, 2]),
        ("state", False, [0, 1, 3, 2]),
    ],
)
def test_trials_stand_in_order_and_unknown_numbers_last(
    key: str, falling: bool, order: list[int]
) -> None:
    found = view(
        trial(0, 0.5, {"lr": 0.1}),
        trial(1, 0.2, {"lr": 1.0}),
        trial(2, values={"lr": 0.01}),
        trial(3, NAN, {}, step=9),
    )
    assert numbers(found, key, falling=falling) == order


def test_values_of_different_kinds_stand_in_one_order() -> None:
    found = view(trial(0, 1.0, {"lr": "adam"}), trial(1, 1.0, {"lr": 2}))
    assert numbers(found, "lr") == [1, 0]


def test_what_is_said() -> None:
    found = view(
        trial(0, 0.0123, {"lr": 0.012345678, "weight_decay": 3.0}),
        trial(1, state=PRUNED, step=1200, reason="worse"),
        trial(2, state=FAIL, reason="diverged: val/loss is inf"),
        trial(3),
        trial(4, state=TrialState.WAITING),
    )
    assert best_in_words(found) == "best val/loss 0.0123 in trial 0: lr 0.01235  λ 3"
    assert counts_in_words(found.counts) == (
        "1 complete · 1 pruned · 1 failed · 1 running · 1 waiting"
    )
    assert state_in_words(found.trials[1]) == "pruned at step 1,200"
    assert state_in_words(found.trials[2]) == "failed: diverged: val/loss is inf"
    assert best_in_words(view(trial(0))) == ""


def test_an_experiment_that_is_gone_leaves_its_values() -> None:
    found = StudyView(asked(), None)
    found.take([trial(0, 0.5)])
    assert found.values_in_words(found.trials[0]) == "lr 0.01  weight_decay 3.0"
