"""Why a study ends a run, as it stands in the run's log, and is told from there again."""

from __future__ import annotations

_PRUNED = "pruned at epoch "
_DIVERGED = "diverged"
_WITH_STUDY = "its study was stopped: "
_OVER = " is over"
_BY_HAND = "was changed by hand at step "


def pruned(epoch: int, study: str) -> str:
    """The trial is worse than the others were at that epoch."""
    return f"{_PRUNED}{epoch:,} by {study}"


def diverged(epoch: int, goal: str) -> str:
    """The goal is not a number any more, and will never be one again."""
    return f"{_DIVERGED} at epoch {epoch:,}: {goal} is not a number"


def with_study(study: str) -> str:
    """The study ends; when it is resumed, the run is begun again."""
    return f"{_WITH_STUDY}{study}"


def trial_over(number: int, study: str) -> str:
    """Another run of the same trial has decided it."""
    return f"trial {number} of {study}{_OVER}"


def by_hand(step: int, name: str) -> str:
    """The run went on with other values than its trial's, so it says nothing of those."""
    return f"{name} {_BY_HAND}{step:,}"


def is_by_hand(reason: str) -> bool:
    """Whether `by_hand` gave this reason."""
    return _BY_HAND in reason


def is_pruned(reason: str) -> bool:
    """Whether `pruned` gave this reason."""
    return reason.startswith(_PRUNED)


def is_diverged(reason: str) -> bool:
    """Whether a trial came to this reason because its goal is not finite."""
    return reason.startswith(_DIVERGED)


def is_cut_short(reason: str) -> bool:
    """Whether `with_study` or `trial_over` gave this reason: it says nothing of the values."""
    is_over = reason.startswith("trial ") and reason.endswith(_OVER)
    return is_over or reason.startswith(_WITH_STUDY)
