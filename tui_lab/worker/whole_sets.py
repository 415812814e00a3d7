"""The metrics of whole sets, as a program measures them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from tui_lab.training.program import Program
from tui_lab.worker.captured.measures import Measured
from tui_lab.worker.readings import numbers


class WholeSets:
    """Measures a program; `say` is told of what it gave that is no number, and is left out."""

    def __init__(self, program: Program, say: Callable[[str, str], object]) -> None:
        self.program = program
        self.recorded: Callable[[], Measured | Mapping[str, Any]] | None = None
        """What measures after an epoch in the program's place; None: the program does."""
        self._say = say

    def now(self) -> dict[str, float]:
        """The metrics as numbers."""
        with torch.no_grad():
            return self._numbers(self.program.evaluate())

    def after_epoch(self) -> Measured | dict[str, float]:
        """The metrics, which may stay on their device."""
        if self.recorded is None:
            return self.now()
        with torch.no_grad():
            measured = self.recorded()
        return measured if isinstance(measured, Measured) else self._numbers(measured)

    def _numbers(self, measured: Mapping[str, Any]) -> dict[str, float]:
        values, refused = numbers(measured)
        for key, found in refused.items():
            self._say(key, found)
        return values
