"""What a study's coordinator last said about itself, as it stands in status.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui_lab import checks
from tui_lab.study import StudyState, TrialState


@dataclass(frozen=True, kw_only=True)
class StudyStatus:
    """status.json of a study."""

    state: StudyState = StudyState.RUNNING
    pid: int = 0
    """Of the coordinator; 0 for one that is on its way."""
    host: str = ""
    heartbeat: float = 0.0
    """Seconds since 1970 at which the coordinator was last alive, or was asked for."""
    trials: int = 0
    """As many as it will have."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Trials by their state."""
    best: int = -1
    """The number of the best trial; -1 for none."""
    goal: float | None = None
    left_out: int = 0
    """Combinations that the experiment's constraint refuses."""
    error: str = ""
    test: Mapping[str, float] = field(default_factory=dict)
    """Of the best trial, once the study has finished."""

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> StudyStatus:
        """The record in a decoded status.json; raises `ValueError`, which names the field, for one
        that can't be what it says."""
        return cls(**checks.fields(data, _CHECKS))


_OF_FIELDS: Mapping[str, checks.Check] = {
    "state": lambda value: StudyState(checks.one_of(*StudyState)(value)),
    "pid": checks.pid,
    "host": checks.name,
    "heartbeat": checks.seconds,
    "trials": checks.whole,
    "counts": lambda value: {
        checks.one_of(*TrialState)(key): count
        for key, count in checks.mapped(checks.whole)(value).items()
    },
    "best": lambda value: checks.whole(value, -1),
    "goal": checks.optional(checks.number),
    "left_out": checks.whole,
    "error": checks.text,
    "test": checks.mapped(checks.number),
}
_CHECKS = {field: _OF_FIELDS[field] for field in StudyStatus.__dataclass_fields__}
