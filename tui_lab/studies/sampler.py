"""Which values a study tries next: a grid in its order, or what Optuna proposes.

Optuna keeps nothing on disk: what it knows is told to it anew from the trials' runs. Its numbers of
trials are its own, since what is refused or was tried before is asked again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tui_lab.errors import HyperparameterError, UsageError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS
from tui_lab.ranges import Range, key_of
from tui_lab.studies.grid import combinations, grid_size
from tui_lab.studies.optuna_trials import distributions, frozen, quiet
from tui_lab.study import FEWEST_PRUNED, StudyRequest, Trial, TrialState

if TYPE_CHECKING:
    import optuna

_MOST_TRIES = 200
"""Proposals that are refused, or were tried before, until there seem to be no others."""
_LEARNT = 20
"""The first of these, which are near good ones; where the best lie beside what is allowed, all of
them may be refused, so that the others are drawn by chance."""
_DIGITS = 4
_STARTUP = 5
"""Complete trials before one is pruned."""
_WARMUP = 0.2
"""The share of its epochs in which a trial is not pruned."""


class Sampler:
    """Proposes values, never the same twice, none that the experiment's constraint refuses, and
    says which trials are worse than the others."""

    def __init__(self, request: StudyRequest, experiment: Experiment) -> None:
        self._request = request
        self._experiment = experiment
        self._proposed: set[object] = set()
        self._numbers: dict[int, int] = {}
        """Optuna's number of each trial that goes on."""
        self._reported: dict[int, int] = {}
        """How many epochs of each it was told of."""
        self._grid = combinations(request.ranges) if grid_size(request.ranges) else iter(())
        self._study = self._new_study()
        self.left_out = 0
        """Combinations of a grid that the constraint refused so far."""

    def ask(self, number: int) -> Mapping[str, Any] | None:
        """Values for the trial of this number, in their JSON form; None when there are no others.
        Raises `UsageError` where the constraint refuses all that is proposed."""
        values = next(self._asked(number), None)
        if values is not None:
            self.add(Trial(number=number, values=values, state=TrialState.RUNNING))
        return values

    def add(self, trial: Trial) -> None:
        """Take in a trial that was begun, or has ended, before."""
        self._proposed.add(key_of(trial.values))
        if self._study is None or trial.number in self._numbers:
            return
        with quiet():
            if (known := frozen(trial, self._request.ranges)) is not None:
                self._study.add_trial(known)
                if not trial.state.is_finished:
                    self._numbers[trial.number] = len(self._known()) - 1
                    self._reported[trial.number] = len(trial.curve)

    def tell(self, trial: Trial) -> None:
        """Take in how a trial ended."""
        number = self._numbers.pop(trial.number, None)
        if self._study is None or number is None:
            return
        import optuna

        self._report(trial, number)
        states = {
            TrialState.COMPLETE: optuna.trial.TrialState.COMPLETE,
            TrialState.PRUNED: optuna.trial.TrialState.PRUNED,
        }
        state = states.get(trial.state, optuna.trial.TrialState.FAIL)
        with quiet():
            goal = trial.goal if trial.state is TrialState.COMPLETE else None
            self._study.tell(number, goal, state)

    def is_worse(self, trial: Trial) -> bool:
        """Whether a trial that goes on is to be pruned: the best it has been so far is worse than
        the median of what the complete ones were at the same epoch."""
        number = self._numbers.get(trial.number)
        if not self._prunes or self._study is None or number is None or not trial.curve:
            return False
        if not self._report(trial, number) or trial.curve[-1][0] <= self._warmup(trial):
            return False
        with quiet():
            return bool(self._study.pruner.prune(self._study, self._known()[number]))

    @property
    def _prunes(self) -> bool:
        return self._request.prune and self._request.trials >= FEWEST_PRUNED

    def _asked(self, number: int) -> Iterator[Mapping[str, Any]]:
        """What may be tried next: what is proposed, and in the end what nobody proposed."""
        if self._request.sampler != "grid":
            yield from self._sampled(number)
        for values in self._grid:
            if key_of(values) not in self._proposed:
                if self._refusal(values) is None:
                    yield values
                else:
                    self.left_out += 1
                    self._proposed.add(key_of(values))

    def _sampled(self, number: int) -> Iterator[Mapping[str, Any]]:
        size, refusal = grid_size(self._request.ranges), None
        if size is not None and len(self._proposed) >= size:
            return
        for number_of_try in range(_MOST_TRIES):
            theirs, values = self._proposal(number, number_of_try)
            is_new = key_of(values) not in self._proposed
            refusal = self._refusal(values) if is_new else refusal
            if is_new and refusal is None:
                self._numbers[number] = theirs
                yield values
            else:
                self._give_up(theirs)
        if size is None and refusal is not None:
            message = f"Of {_MOST_TRIES} combinations in these ranges none is allowed: {refusal}"
            raise UsageError(message)

    def _proposal(self, number: int, number_of_try: int) -> tuple[int, Mapping[str, Any]]:
        """What Optuna proposes, and under which number it knows that. A sampler that is seeded
        once would propose the same again after a restart."""
        import optuna

        assert self._study is not None
        drawn = f"{self._request.seed}/{number}/{number_of_try}".encode()
        seed = int.from_bytes(hashlib.sha256(drawn).digest()[:4], "big")
        with quiet():
            if self._request.sampler == "random" or number_of_try >= _LEARNT:
                self._study.sampler = optuna.samplers.RandomSampler(seed=seed)
            else:
                self._study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
            asked = self._study.ask(distributions(self._request.ranges))
        ranges = self._request.ranges
        return asked.number, {e.name: _rounded(e, asked.params[e.name]) for e in ranges}

    def _give_up(self, number: int) -> None:
        import optuna

        assert self._study is not None
        with quiet():
            self._study.tell(number, state=optuna.trial.TrialState.FAIL)

    def _known(self) -> Sequence[optuna.trial.FrozenTrial]:
        return self._study.get_trials(deepcopy=False) if self._study else ()

    def _refusal(self, values: Mapping[str, Any]) -> HyperparameterError | None:
        try:
            self._experiment.choose({**self._request.hyperparameters, **values})
        except HyperparameterError as error:
            return error
        return None

    def _report(self, trial: Trial, number: int) -> bool:
        """Tell the epochs that are new; whether there were any."""
        import optuna

        if not self._prunes or self._study is None:
            return False
        known = self._reported.get(trial.number, 0)
        self._reported[trial.number] = len(trial.curve)
        live = optuna.trial.Trial(self._study, self._known()[number]._trial_id)
        for epoch, goal in trial.curve[known:]:
            if not math.isnan(goal):
                live.report(goal, epoch)
        return len(trial.curve) > known

    def _warmup(self, trial: Trial) -> float:
        values = {**self._request.hyperparameters, **trial.values}
        epochs = values.get(EPOCHS)
        if epochs is None and EPOCHS in self._experiment.defaults:
            epochs = self._experiment.defaults[EPOCHS]
        return _WARMUP * float(epochs) if isinstance(epochs, int | float) else 1.0

    def _new_study(self) -> optuna.Study | None:
        """None where nobody needs Optuna."""
        if self._request.sampler == "grid" and not self._prunes:
            return None
        import optuna

        with quiet():
            return optuna.create_study(
                direction=self._request.direction,
                pruner=optuna.pruners.MedianPruner(_STARTUP, 0),
            )


def _rounded(wanted: Range, value: Any) -> Any:
    """A number with no more digits than a range has use for, so that it can be typed."""
    if wanted.values or wanted.whole or not isinstance(value, float):
        return value
    digits = _DIGITS - math.floor(math.log10(wanted.high - wanted.low))
    if wanted.log:
        digits = max(digits, _DIGITS - 1 - math.floor(math.log10(value)))
    return min(max(round(value, digits), wanted.low), wanted.high)
