"""Ranges and trials in Optuna's own form. Optuna is imported where it is used: it takes a third of
a second, and only coordinators and measures of importance need it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tui_lab.ranges import Range
from tui_lab.study import Trial, TrialState

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution


@contextmanager
def quiet() -> Iterator[None]:
    """Optuna says on every turn that a part of it is experimental; that is known."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def distributions(ranges: Sequence[Range]) -> dict[str, BaseDistribution]:
    """What each hyperparameter may be."""
    return {each.name: _distribution(each) for each in ranges}


def frozen(trial: Trial, ranges: Sequence[Range]) -> optuna.trial.FrozenTrial | None:
    """The trial as Optuna knows it; None for one that tells it nothing: it failed, or its values
    are none of the ranges'."""
    import optuna

    state = _states()[trial.state]
    if state is None or (state is optuna.trial.TrialState.COMPLETE and trial.goal is None):
        return None
    pruned = state is optuna.trial.TrialState.PRUNED
    try:
        return optuna.trial.create_trial(
            state=state,
            params={each.name: trial.values[each.name] for each in ranges},
            distributions=distributions(ranges),
            value=trial.last if pruned else trial.goal,
            intermediate_values=dict(trial.curve),
        )
    except (ValueError, KeyError):
        return None


def _distribution(wanted: Range) -> BaseDistribution:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if wanted.values:
        return CategoricalDistribution(wanted.values)
    if wanted.whole:
        return IntDistribution(int(wanted.low), int(wanted.high), log=wanted.log)
    return FloatDistribution(wanted.low, wanted.high, log=wanted.log)


def _states() -> dict[TrialState, Any]:
    from optuna.trial import TrialState as Theirs

    return {
        TrialState.WAITING: Theirs.RUNNING,
        TrialState.RUNNING: Theirs.RUNNING,
        TrialState.COMPLETE: Theirs.COMPLETE,
        TrialState.PRUNED: Theirs.PRUNED,
        TrialState.FAIL: None,
    }
