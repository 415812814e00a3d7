"""Protects what a study tries next: nothing twice, nothing refused, the same again for the same
seed, numbers that can be typed; Optuna's numbers of trials are not taken for the study's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.studies.world import EXPERIMENT, REQUEST
from tui_lab.errors import HyperparameterError, UsageError
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.ranges import Range
from tui_lab.studies.importance import importance
from tui_lab.studies.sampler import Sampler
from tui_lab.study import SamplerName, StudyRequest, Trial, TrialState

DRAWN = replace(
    REQUEST,
    ranges=(Range("lr", 1e-4, 1.0, log=True), Range("weight_decay", 0.0, 10.0)),
    trials=30,
    sampler="tpe",
)


def goal(values: Mapping[str, Any]) -> float:
    return abs(float(values["weight_decay"]) - 7.0)


def drawn(request: StudyRequest, count: int, sampler: Sampler | None = None) -> Sequence[Trial]:
    """So many trials, one after the other."""
    sampler = sampler or Sampler(request, EXPERIMENT)
    trials = []
    for number in range(count):
        values = sampler.ask(number)
        assert values is not None
        state = TrialState.COMPLETE
        trials.append(Trial(number=number, values=values, goal=goal(values), state=state))
        sampler.tell(trials[-1])
    return trials


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_the_same_seed_draws_the_same_values(sampler: SamplerName) -> None:
    request = replace(DRAWN, sampler=sampler)
    first, again = drawn(request, 14), drawn(request, 14)
    assert [trial.values for trial in first] == [trial.values for trial in again]
    other = drawn(replace(request, seed=1), 3)
    assert other[0].values != first[0].values


def test_values_lie_in_their_ranges_and_can_be_typed() -> None:
    for trial in drawn(DRAWN, 12):
        assert 1e-4 <= trial.values["lr"] <= 1
        assert 0 <= trial.values["weight_decay"] <= 10
        assert max(len(str(value)) for value in trial.values.values()) <= 10


def test_it_learns() -> None:
    trials = drawn(DRAWN, 30)
    late = sorted(trial.goal or 0.0 for trial in trials[20:])
    early = sorted(trial.goal or 0.0 for trial in trials[:10])
    assert late[5] < early[5] / 2


def test_a_sampler_made_anew_goes_on_and_repeats_nothing() -> None:
    before = drawn(DRAWN, 12)
    sampler = Sampler(DRAWN, EXPERIMENT)
    for trial in before:
        sampler.add(trial)
    values = sampler.ask(12)
    assert values is not None
    assert values not in [trial.values for trial in before]
    assert goal(values) < 5


def test_what_the_constraint_refuses_is_asked_again() -> None:
    def refuse(values: Hyperparameters) -> HyperparameterError | None:
        return HyperparameterError("lr", "No.") if values.lr > 0.01 else None

    sampler = Sampler(DRAWN, replace(EXPERIMENT, constraint=refuse))
    trials = drawn(DRAWN, 12, sampler)
    assert max(trial.values["lr"] for trial in trials) <= 0.01


@pytest.mark.parametrize("most", [0.5, 0.01, 0.0005])
def test_values_that_are_allowed_are_found_where_the_best_would_be_refused(most: float) -> None:
    def refuse(values: Hyperparameters) -> HyperparameterError | None:
        return HyperparameterError("lr", "No.") if values.lr > most else None

    sampler = Sampler(DRAWN, replace(EXPERIMENT, constraint=refuse))
    for number in range(25):
        values = sampler.ask(number)
        assert values is not None
        assert values["lr"] <= most
        goal = 1.0 - float(values["lr"])
        sampler.tell(Trial(number=number, values=values, goal=goal, state=TrialState.COMPLETE))


def test_a_constraint_that_refuses_all_is_a_sentence() -> None:
    def refuse(values: Hyperparameters) -> HyperparameterError | None:
        return HyperparameterError("lr", "Never.")

    sampler = Sampler(replace(DRAWN, sampler="random"), replace(EXPERIMENT, constraint=refuse))
    with pytest.raises(UsageError, match="Of 200 combinations in these ranges none is allowed"):
        sampler.ask(0)


def test_trials_that_go_on_are_known_to_those_that_are_asked_meanwhile() -> None:
    sampler = Sampler(replace(DRAWN, sampler="random"), EXPERIMENT)
    values = [sampler.ask(number) for number in range(5)]
    assert len({str(each) for each in values}) == 5
    for number in (3, 1, 4, 0, 2):
        asked = values[number]
        assert asked is not None
        sampler.tell(Trial(number=number, values=asked, state=TrialState.FAIL))
    assert sampler.ask(5) is not None


def test_a_grid_needs_no_optuna() -> None:
    sampler = Sampler(REQUEST, EXPERIMENT)
    assert sampler._study is None
    assert Sampler(replace(REQUEST, prune=True, trials=12), EXPERIMENT)._study is not None


def test_importance_is_what_decides() -> None:
    trials = drawn(replace(DRAWN, sampler="random"), 30)
    found = importance(DRAWN, trials)
    assert list(found) == ["weight_decay", "lr"]
    assert sum(found.values()) == pytest.approx(1.0)
    assert importance(DRAWN, trials[:3]) == {}
