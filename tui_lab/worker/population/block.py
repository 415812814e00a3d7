"""What all members measured since the last block, copied from the device at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tui_lab.errors import ExperimentError
from tui_lab.training.members import Members, stack_of
from tui_lab.training.program import Program

Rows = npt.NDArray[np.floating]
"""A row per member."""


class PopulationBlock:
    """The losses, records and whole-set measurements of consecutive steps of `count` members."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._columns: dict[str, list[Tensor]] = {}
        self._steps = 0
        self._evaluated: list[tuple[int, int]] = []
        self._measured: dict[str, list[Tensor]] = {}

    def __len__(self) -> int:
        return self._steps

    def add(self, program: Program) -> None:
        """Take over what a finished step left; each step of a population leaves the same."""
        if program.loss is None:
            raise ExperimentError("Runs whose steps have no loss don't train together.")
        losses = [*program.micro_losses, program.loss]
        means = [self._rows(loss.detach()).mean(1) for loss in losses]
        columns = {"train/loss": torch.stack(means).mean(0)}
        for key, value in program.records.items():
            columns[key] = self._rows(value)
        if self._steps and columns.keys() != self._columns.keys():
            raise ExperimentError("Runs that record other things from step to step train alone.")
        for key, value in columns.items():
            self._columns.setdefault(key, []).append(value)
        self._steps += 1
        program.loss = None
        program.micro_losses.clear()
        program.records.clear()

    def add_epoch(self, step: int, epoch: int, measured: Mapping[str, Any]) -> None:
        """Take over what `evaluate` gave."""
        self._evaluated.append((step, epoch))
        for key, value in measured.items():
            self._measured.setdefault(key, []).append(self._rows(value).mean(1))

    def take(
        self, names: Mapping[str, tuple[str, ...]]
    ) -> tuple[dict[str, Rows], list[tuple[int, int]], dict[str, Rows]]:
        """Columns of the steps by key, (members, steps); when the whole sets were measured, and
        what came of it, (members, times). Starts a new block."""
        columns: dict[str, Rows] = {}
        for key, values in self._columns.items():
            rows = torch.stack([each.reshape(self._count, -1) for each in values], 1)
            parts = rows.permute(2, 0, 1).cpu().numpy()  # (width, members, steps)
            columns.update(zip(names.get(key, (key,)), np.ascontiguousarray(parts), strict=True))
        measured = {
            key: torch.stack([each.double() for each in values], 1).cpu().numpy()
            for key, values in self._measured.items()
        }
        evaluated, self._evaluated = self._evaluated, []
        self._columns, self._measured, self._steps = {}, {}, 0
        return columns, evaluated, measured

    def _rows(self, value: Any) -> Tensor:
        """A row per member, of whatever a member has."""
        if isinstance(value, Members):
            rows = stack_of(value).detach()
        else:
            rows = torch.as_tensor(value, dtype=torch.float64).expand(self._count, 1)
        rows = rows.reshape(self._count, -1)
        return rows if rows.is_floating_point() else rows.double()
