"""How far a branch has gone from its parent: ‖w − w of the parent‖ after the same step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from tui_lab.errors import TuiLabError
from tui_lab.runs.checkpoints import CheckpointRecord, read_manifest
from tui_lab.training.generators import generators_kept
from tui_lab.training.program import Program
from tui_lab.training.state import restore
from tui_lab.worker.checkpoints import load_sound

DISTANCE = "distance/parent"
"""The metric's key."""
_PATIENCE = 1.0
"""Seconds between two looks at what the parent has kept since: this is asked at every step."""


class ParentDistance:
    """Measures a branch after the steps of which its parent has a checkpoint.

    The parent may still be going on: what it keeps is looked at again and again. `build` makes a
    program like the parent's.
    """

    def __init__(
        self,
        parent: Path,
        build: Callable[[], Program],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parent = parent
        self._clock = clock
        self._next_look = -math.inf
        self._build = build
        self._twin: Program | None = None
        self._records: dict[int, CheckpointRecord] = {}

    def next_due(self, step: int) -> int | None:
        """The next step after `step` that can be measured; None when none is known yet."""
        due = min((known for known in self._records if known > step), default=None)
        if due is None and self._clock() >= self._next_look:
            self._look()
            return min((known for known in self._records if known > step), default=None)
        return due

    def measure(self, step: int, program: Program) -> float | None:
        """The distance after `step`, over all parameters that both have; None where the parent has
        no sound state of it."""
        record = self._records.get(step)
        if record is None:
            return None
        try:
            with generators_kept(program.device):
                twin = self._twin = self._twin or self._build()
                restore(twin, load_sound(self._parent, record).state)
        except (TuiLabError, ValueError, KeyError):  # thinned out meanwhile, or of another program
            return None
        return _distance(program.parameters(), twin.parameters())

    def _look(self) -> None:
        self._next_look = self._clock() + _PATIENCE
        try:
            self._records = {record.step: record for record in read_manifest(self._parent)}
        except TuiLabError:
            self._records = {}


def _distance(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> float | None:
    parts = [
        (p.detach().double() - theirs[name].detach().to(p.device).double()).pow(2).sum()
        for name, p in ours.items()
        if name in theirs and theirs[name].shape == p.shape
    ]
    return torch.stack(parts).sum().sqrt().item() if parts else None
