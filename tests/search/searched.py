"""A run as a search sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tui_lab.run import RunStatus


@dataclass(frozen=True, kw_only=True)
class Run:
    """One that finished, unless said otherwise."""

    id: str = "weight-decay-20261120-115955-7f3a"
    experiment: str = "weight-decay"
    status: RunStatus = RunStatus.FINISHED
    readable: bool = True
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    changed: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    device: str = "cpu"
    created: datetime = datetime(2026, 11, 20, 11, 59, 55, tzinfo=UTC)
    step: int = 4000
    epoch: int = 1000
    error: str = ""
    live: bool = False
    parent: str = ""
    study: str = ""
    trial: int = -1
    population: str = ""
    member: int = -1
    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
