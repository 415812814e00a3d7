"""Measurements of single steps, kept on their device until a whole block is copied at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tui_lab.training.program import Program

Columns = dict[str, npt.NDArray[np.floating]]


class StepBlock:
    """The losses and records of consecutive steps since the last `take`.

    Adding a step costs two list appends and no copy from the device; `take` copies everything with
    one transfer per key.
    """

    def __init__(self) -> None:
        self._losses: list[Tensor] = []
        self._records: dict[str, list[Tensor]] = {}

    def __len__(self) -> int:
        return len(self._losses)

    def add(self, program: Program) -> None:
        """Take over what the finished step left in `program.loss` and `program.records`."""
        if program.loss is None:
            raise RuntimeError("A step must yield self.forward(loss).")
        self._losses.append(program.loss.detach())
        program.loss = None
        if program.records:
            for key, value in program.records.items():
                self._records.setdefault(key, []).append(value.detach())
            program.records.clear()

    def take(self, names: Mapping[str, tuple[str, ...]]) -> Columns:
        """The block as columns, one row per step, and start a new one; `names` are the keys of
        the components of recorded vectors."""
        columns: Columns = {"train/loss": _means(self._losses)}
        for key, values in self._records.items():
            rows = torch.stack(values).cpu().numpy()
            if rows.ndim == 1:
                columns[key] = rows
            else:
                columns.update(zip(names[key], rows.T, strict=True))
        self._losses, self._records = [], {}
        return columns


def _means(losses: list[Tensor]) -> npt.NDArray[np.floating]:
    """The mean of each loss; losses of equal size (all but an epoch's last batch) at once."""
    means = [group.flatten(1).mean(1) for group in _stacked(losses)]
    array: npt.NDArray[np.floating] = torch.cat(means).cpu().numpy()
    return array


def _stacked(losses: list[Tensor]) -> Iterator[Tensor]:
    for shape, group in groupby(losses, key=lambda loss: loss.shape):
        stack = torch.stack(list(group))
        yield stack if shape else stack.unsqueeze(1)
