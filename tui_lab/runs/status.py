"""What a worker last said about itself, as it stands in status.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tui_lab import checks
from tui_lab.run import RunStatus


@dataclass(frozen=True, kw_only=True)
class StatusRecord:
    """What the worker last said about itself: status.json."""

    status: RunStatus = RunStatus.PENDING
    pid: int = 0
    host: str = ""
    step: int = 0
    epoch: int = 0
    heartbeat: float = 0.0
    """Seconds since 1970 at which the worker was last alive."""
    metrics: dict[str, float] = field(default_factory=dict)
    """The last value of every metric."""
    error: str = ""
    changed: dict[str, Any] = field(default_factory=dict)
    """The last value of every hyperparameter that was changed while it ran, in its JSON form."""
    inode: int = 0
    """Number of the run's directory in its file system: a copy of the directory has another."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StatusRecord:
        """The record in a decoded status.json; raises `ValueError`, which names the field, for one
        that can't be what it says."""
        return cls(**checks.fields(data, _CHECKS))


_OF_FIELDS: Mapping[str, checks.Check] = {
    "status": lambda value: RunStatus(checks.one_of(*RunStatus)(value)),
    "pid": checks.pid,
    "host": checks.name,
    "step": checks.whole,
    "epoch": checks.whole,
    "heartbeat": checks.seconds,
    "metrics": checks.mapped(checks.number),
    "error": checks.text,
    "changed": checks.mapped(checks.setting),
    "inode": lambda value: checks.whole(value, 0, 2**64 - 1),
}
_CHECKS = {field: _OF_FIELDS[field] for field in StatusRecord.__dataclass_fields__}
