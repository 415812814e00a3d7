"""A program whose state is small, and where it stands: what tests of checkpoints keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.checkpoints import Checkpoints, Place


class Counter(Program):
    """Its state is how far it came."""

    def build(self) -> None:
        self.w = torch.zeros(3)

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.w}

    def step(self, batch: object) -> Iterator[Phase]:
        raise NotImplementedError

    def evaluate(self) -> Mapping[str, float]:
        raise NotImplementedError


def counter() -> Counter:
    program = Counter(Hyperparameters({"epochs": 3}), seed=0, device=torch.device("cpu"))
    program.build()
    return program


class Clock:
    """Stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Keeping:
    """Checkpoints of a counter in this directory."""

    def __init__(self, run: Path, clock: Callable[[], float] | None = None) -> None:
        self.program = counter()
        self.checkpoints = Checkpoints(run, self.program, clock=clock or Clock())

    def take(self, step: int, reason: str = "") -> None:
        """Keep a state that is told by its step."""
        self.program.w.fill_(step)
        self.checkpoints.take(Place(step, 0, step, step / 100), reason)

    def take_all(self, *steps: int, reason: str = "") -> None:
        """Keep these, each on disk before the next."""
        for step in steps:
            self.take(step, reason)
            self.checkpoints.flush()
