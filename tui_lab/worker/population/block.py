"""What all members measured since the last block, copied from the device at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tui_lab.training.member_numbers import MemberNumbers, PartWays, keep
from tui_lab.training.members import Members, of, stack_of
from tui_lab.training.program import Program
from tui_lab.worker.evaluations import Evaluations, Measurements

Rows = npt.NDArray[np.floating]
"""A row per member."""


class PopulationBlock:
    """The losses, records and whole-set measurements of consecutive steps of `count` members."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._columns: dict[str, list[Tensor]] = {}
        self._steps = 0
        self._evaluations: Evaluations[Tensor] = Evaluations()

    def __len__(self) -> int:
        return self._steps

    def add(self, program: Program) -> None:
        """Take over what a finished step left; each step of a population leaves the same."""
        if program.loss is None:
            raise PartWays("Runs whose steps have no loss don't train together.")
        losses = [*program.micro_losses, program.loss]
        each = torch.cat([self._rows(loss.detach()) for loss in losses], 1)
        columns = {"train/loss": each.mean(1)}
        for key, value in program.records.items():
            columns[key] = self._rows(value)
        if self._steps and columns.keys() != self._columns.keys():
            raise PartWays("Runs that record other things from step to step train alone.")
        for key, value in columns.items():
            self._columns.setdefault(key, []).append(value)
        self._steps += 1
        program.loss = None
        program.micro_losses.clear()
        program.records.clear()

    def add_epoch(self, step: int, epoch: int, measured: Mapping[str, Any]) -> None:
        """Take over what `evaluate` gave."""
        rows = {key: self._rows(value).mean(1).double() for key, value in measured.items()}
        self._evaluations.add(step, epoch, rows)

    def take(
        self, names: Mapping[str, tuple[str, ...]]
    ) -> tuple[dict[str, Rows], list[Measurements[Rows]]]:
        """Columns of the steps by key, (members, steps), and what was measured of whole sets: a
        value of each member for each time. Starts a new block."""
        columns: dict[str, Rows] = {}
        for key, values in self._columns.items():
            rows = torch.stack([each.reshape(self._count, -1) for each in values], 1)
            parts = rows.permute(2, 0, 1).cpu().numpy()  # (width, members, steps)
            columns.update(zip(names.get(key, (key,)), np.ascontiguousarray(parts), strict=True))
        self._columns, self._steps = {}, 0
        return columns, [_copied(stretch) for stretch in self._evaluations.take()]

    def _rows(self, value: Any) -> Tensor:
        """A row per member, of whatever a member has."""
        keep(value)
        if isinstance(value, MemberNumbers):
            value = of(value.stack)
        if isinstance(value, Members):
            rows = stack_of(value).detach()
        else:
            plain = torch.as_tensor(value, dtype=torch.float64)
            rows = plain.reshape(1, -1).expand(self._count, -1)
        rows = rows.reshape(self._count, -1)
        return rows if rows.is_floating_point() else rows.double()


def _copied(measured: Measurements[Tensor]) -> Measurements[Rows]:
    """From the device, a column at a time."""
    columns = {
        key: list(torch.stack(values).cpu().numpy()) for key, values in measured.columns.items()
    }
    return Measurements(measured.at, columns)


def of_member(measured: Measurements[Rows], index: int) -> Measurements[float]:
    """The measurements of one member."""
    columns = {key: [float(row[index]) for row in rows] for key, rows in measured.columns.items()}
    return Measurements(measured.at, columns)
