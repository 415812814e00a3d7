"""Many runs of one experiment that look for its best values: what was asked, and what came of it.

`Study` and `Trial` are Optuna's words. A trial is one proposal of values; its runs are ordinary
ones, one for each seed, that name the study and the trial in their run.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, get_args

from tui_lab import checks
from tui_lab.declaration import checked, from_json
from tui_lab.experiment import Experiment
from tui_lab.ranges import Range as Range

FORMAT = 1
"""Version of a study's directory; a reader refuses newer ones."""
MOST_TRIALS = 100_000
MOST_ATTEMPTS = 3
"""Workers that may vanish over one run of a trial before the trial has failed."""
FEWEST_PRUNED = 10
"""Trials of a study below which none is pruned: there is too little to compare with."""

FEWEST_RANKED = 4
"""Complete trials below which no knob is said to matter more than another."""

SamplerName = Literal["tpe", "grid", "random"]
Direction = Literal["minimize", "maximize"]


class TrialState(StrEnum):
    """The state of a trial, in Optuna's words."""

    WAITING = "waiting"
    """Proposed; some of its runs have no worker yet, or have to be begun again."""
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    """Ended early because it was worse than others at the same epoch."""
    FAIL = "fail"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (TrialState.RUNNING, TrialState.WAITING)


class StudyState(StrEnum):
    """The state of a study."""

    RUNNING = "running"
    FINISHED = "finished"
    """All its trials have ended."""
    STOPPED = "stopped"
    """Ended early because it was asked to; it can be resumed."""
    FAILED = "failed"
    """Could not go on; the error says why. It can be resumed once that is mended."""
    INTERRUPTED = "interrupted"
    """Its coordinator vanished; its trials may go on, and it can be resumed."""


@dataclass(frozen=True, kw_only=True)
class StudyRequest:
    """What a study was asked to be: study.json, written once before its coordinator starts."""

    experiment: str
    program: str
    """`module:Class` of the torch side."""
    hyperparameters: Mapping[str, Any]
    """The values that are the same in all trials and were given, in their JSON form; those that
    are neither here nor among the ranges keep their defaults."""
    ranges: Sequence[Range]
    goal: str
    """The key of the metric by which trials are compared, at their ends."""
    direction: Direction
    trials: int
    seeds: int = 1
    """Runs of a trial, with seeds `seed`, `seed` + 1, …; the goal is their mean."""
    seed: int = 0
    """Of the first run of every trial, and of the sampler."""
    sampler: SamplerName = "tpe"
    prune: bool = False
    """Whether trials that are worse than the median of the others at the same epoch are ended."""
    slots: int = 1
    """Runs that go on at once."""
    on: str = ""
    """Where they go on: empty for here."""
    device: str = "auto"
    threads: int = 0
    """Of torch in a run, as in a run's request."""
    plugin: str = ""
    """Path of the user's own experiment file, when it is not an installed experiment."""
    sha256: str = ""
    declaration: Mapping[str, Any] | None = None
    """What that file declares, as `tui_lab.declaration` writes it."""
    data: str = ""
    """Directory to read data sets from, when one was given."""
    created: str = ""
    """ISO 8601, UTC."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Optuna's among them."""
    format: int = FORMAT

    @property
    def declared(self) -> Experiment | None:
        """What the person's own file declared when the study was made; None for an installed
        experiment."""
        return None if self.declaration is None else from_json(self.declaration)

    def is_better(self, goal: float, than: float) -> bool:
        """Whether a goal is strictly better than another."""
        return goal < than if self.direction == "minimize" else goal > than

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "ranges": [each.to_json() for each in self.ranges]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StudyRequest:
        """The request in `data`; fields of other minor versions are ignored. Raises `ValueError`,
        which names the field, for one that can't be what it says or is not there."""
        return cls(**checks.fields(data, _CHECKS, _REQUIRED))


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One proposal of values, and what its runs came to so far."""

    number: int
    """From 0."""
    values: Mapping[str, Any]
    """Of the ranged hyperparameters, in their JSON form."""
    runs: tuple[str, ...] = ()
    """The run of each seed that has one, in the order of seeds; of several attempts the last."""
    state: TrialState = TrialState.WAITING
    goal: float | None = None
    """At the end: the mean over its seeds. None unless it is complete."""
    curve: tuple[tuple[int, float], ...] = ()
    """(epoch, goal) of its first seed so far: what pruning looks at and a sparkline shows."""
    step: int = 0
    """The last step that any of its runs measured the goal at."""
    seconds: float = 0.0
    """Of training, its runs together."""
    reason: str = ""
    """Why it was pruned, or failed."""

    @property
    def last(self) -> float | None:
        """The newest goal of its first seed."""
        return self.curve[-1][1] if self.curve else None

    def to_json(self) -> dict[str, Any]:
        """As the command line prints it."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class StudySummary:
    """One row of the list of studies."""

    id: str
    experiment: str
    """Empty where the directory can't be read; `error` says why."""
    state: StudyState
    created: datetime
    trials: int = 0
    """As many as were asked for; in a grid as many as it has."""
    counts: Mapping[TrialState, int] = field(default_factory=dict)
    """Trials by their state."""
    best: int | None = None
    """The number of the best complete trial."""
    goal: float | None = None
    """Of that trial."""
    left_out: int = 0
    """Combinations that the experiment's constraint refuses."""
    error: str = ""
    test: Mapping[str, float] = field(default_factory=dict)
    """At the end of a study, and only then: the test metrics of its best trial."""

    @property
    def live(self) -> bool:
        """Whether its coordinator is at work."""
        return self.state is StudyState.RUNNING

    @property
    def ended(self) -> int:
        """Trials that have come to an end, whichever."""
        return sum(count for state, count in self.counts.items() if state.is_finished)

    @property
    def can_go_on(self) -> bool:
        """Whether nobody is at it and there is more of it to do: not where all of its trials have
        ended and none came to anything."""
        if self.state is StudyState.FAILED:
            return self.ended < self.trials
        return self.state in (StudyState.INTERRUPTED, StudyState.STOPPED)


def best_of(request: StudyRequest, trials: Sequence[Trial]) -> Trial | None:
    """The complete trial with the best goal, of equal ones that with the least number, in whatever
    order they ended; None where none is."""
    best: Trial | None = None
    for trial in sorted(trials, key=lambda trial: trial.number):
        if trial.state is TrialState.COMPLETE and trial.goal is not None:
            known = None if best is None else best.goal
            if known is None or request.is_better(trial.goal, known):
                best = trial
    return best


_OF_FIELDS: Mapping[str, checks.Check] = {
    "experiment": checks.name,
    "program": checks.name,
    "hyperparameters": checks.mapped(checks.setting, checks.MOST_SETTINGS),
    "ranges": lambda value: tuple(checks.listed(Range.from_json)(value)),
    "goal": checks.name,
    "direction": checks.one_of(*get_args(Direction)),
    "trials": lambda value: checks.whole(value, 1, MOST_TRIALS),
    "seeds": lambda value: checks.whole(value, 1, MOST_TRIALS),
    "seed": checks.seed,
    "sampler": checks.one_of(*get_args(SamplerName)),
    "prune": checks.flag,
    "slots": lambda value: checks.whole(value, 1, MOST_TRIALS),
    "on": checks.text,
    "device": checks.name,
    "threads": checks.pid,
    "plugin": checks.text,
    "sha256": checks.name,
    "declaration": checks.optional(checked),
    "data": checks.text,
    "created": checks.name,
    "versions": checks.mapped(checks.name, checks.MOST_SETTINGS),
    "format": checks.whole,
}
_CHECKS = {field: _OF_FIELDS[field] for field in StudyRequest.__dataclass_fields__}
_REQUIRED = (
    "experiment",
    "program",
    "hyperparameters",
    "ranges",
    "goal",
    "direction",
    "trials",
)
