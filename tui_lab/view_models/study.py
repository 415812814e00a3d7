"""A study as it is looked at: its trials, the best of them, and how many are in which state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.study import StudyRequest, Trial, TrialState
from tui_lab.view_models.number_format import short

_COUNTED = (
    TrialState.COMPLETE,
    TrialState.PRUNED,
    TrialState.FAIL,
    TrialState.RUNNING,
    TrialState.WAITING,
)
"""In the order in which they are said."""
_WORDS = {TrialState.COMPLETE: "complete", TrialState.FAIL: "failed"}


class TrialOrder(NamedTuple):
    """By what trials stand one below the other: `trial`, `goal`, `state`, `step` or a knob's
    name."""

    key: str = "trial"
    falling: bool = False


class StudyView:
    """The trials of one study, folded as they come."""

    def __init__(self, request: StudyRequest, experiment: Experiment | None) -> None:
        self.request = request
        self.experiment = experiment
        self.trials: dict[int, Trial] = {}
        """By number."""
        self.revision = 0
        """Grows with everything that looks different from before."""

    def take(self, trials: Iterable[Trial]) -> bool:
        """Fold trials in, new ones and those that stand otherwise; whether any does."""
        changed = [trial for trial in trials if self.trials.get(trial.number) != trial]
        for trial in changed:
            self.trials[trial.number] = trial
        if changed:
            self.revision += 1
            for cached in ("ranked", "counts", "_ranks"):
                self.__dict__.pop(cached, None)
        return bool(changed)

    @property
    def names(self) -> Sequence[str]:
        """The hyperparameters that the trials differ in."""
        return [each.name for each in self.request.ranges]

    @cached_property
    def counts(self) -> Mapping[TrialState, int]:
        """Trials by their state."""
        return Counter(trial.state for trial in self.trials.values())

    @cached_property
    def ranked(self) -> Sequence[Trial]:
        """The complete trials, the best first."""
        sign = -1 if self.request.direction == "maximize" else 1
        ended = [t for t in self.trials.values() if t.state is TrialState.COMPLETE]
        known = [t for t in ended if t.goal is not None and t.goal == t.goal]
        return sorted(known, key=lambda t: (sign * (t.goal or 0.0), t.number))

    @cached_property
    def _ranks(self) -> Mapping[int, int]:
        return {trial.number: rank for rank, trial in enumerate(self.ranked, 1)}

    def rank(self, trial: Trial) -> int:
        """From 1, the best; 0 of a trial that is not complete."""
        return self._ranks.get(trial.number, 0)

    @property
    def best(self) -> Trial | None:
        """The best complete trial."""
        return self.ranked[0] if self.ranked else None

    def distance(self, trial: Trial) -> float | None:
        """How far the goal of a trial, or its newest, is from the best; None where one is not
        known."""
        best, goal = self.best, goal_so_far(trial)
        if best is None or best.goal is None or goal is None:
            return None
        return goal - best.goal

    def ordered(self, order: TrialOrder) -> list[Trial]:
        """All trials one below the other; those without the number asked for come last."""
        trials = sorted(self.trials.values(), key=lambda trial: trial.number)
        known = {t.number: self._sorted_by(order.key, t) for t in trials}
        with_key = [t for t in trials if known[t.number] is not None]
        with_key.sort(key=lambda t: known[t.number] or (), reverse=order.falling)
        return with_key + [t for t in trials if known[t.number] is None]

    def _sorted_by(self, key: str, trial: Trial) -> tuple[Any, ...] | None:
        if key == "trial":
            return (trial.number,)
        if key == "goal":
            goal = goal_so_far(trial)
            return None if goal is None or goal != goal else (goal,)
        if key in ("state", "step"):
            return (str(trial.state) if key == "state" else trial.step,)
        value = trial.values.get(key)
        if value is None:
            return None
        return (0, value) if isinstance(value, int | float) else (1, str(value))

    def label(self, name: str) -> str:
        """A hyperparameter as its knob names it, in short: its symbol where it has one."""
        known = self._hyperparameter(name)
        return (known.symbol or name) if known is not None else name

    def written(self, name: str, value: Any) -> str:
        """A value in JSON form as a person reads it."""
        known = self._hyperparameter(name)
        if known is not None and isinstance(value, float):
            return f"{value:.4g}"
        try:
            return str(value) if known is None else known.format(known.check(value))
        except TuiLabError:
            return str(value)

    def _hyperparameter(self, name: str) -> Any:
        known = self.experiment.hyperparameters if self.experiment is not None else ()
        return next((each for each in known if each.name == name), None)

    def values_in_words(self, trial: Trial) -> str:
        """`λ 3  lr 0.01`: what sets the trial apart."""
        pairs = ((name, trial.values[name]) for name in self.names if name in trial.values)
        return "  ".join(f"{self.label(name)} {self.written(name, v)}" for name, v in pairs)


def best_first(view: StudyView, key: str) -> TrialOrder:
    """The usual order by a key: rising, but for a goal of which more is better."""
    return TrialOrder(key, key == "goal" and view.request.direction == "maximize")


def goal_so_far(trial: Trial) -> float | None:
    """The goal of a trial at its end, or the newest measured."""
    return trial.goal if trial.goal is not None else trial.last


def state_in_words(trial: Trial) -> str:
    """`pruned at step 120`, with the reason of a failure."""
    if trial.state is TrialState.PRUNED:
        return f"pruned at step {trial.step:,}"
    if trial.state is TrialState.FAIL and trial.reason:
        return f"failed: {trial.reason}"
    return _WORDS.get(trial.state, trial.state.value)


def counts_in_words(counts: Mapping[TrialState, int]) -> str:
    """`12 complete · 3 pruned · 2 running`; nothing of what there is none of."""
    said = (f"{counts[s]} {_WORDS.get(s, s.value)}" for s in _COUNTED if counts.get(s))
    return " · ".join(said)


def best_in_words(view: StudyView) -> str:
    """`best val/loss 0.0123 in trial 7: λ 3  lr 0.01`; empty before the first trial has ended."""
    best = view.best
    if best is None or best.goal is None:
        return ""
    return (
        f"best {view.request.goal} {short(best.goal)} in trial {best.number}: "
        f"{view.values_in_words(best)}"
    )
