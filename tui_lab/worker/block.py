"""Measurements of single steps, kept on their device until a whole block is copied at once."""

from __future__ import annotations

from collections import defaultdict
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
        self._records: defaultdict[str, list[Tensor]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._losses)

    def add(self, program: Program) -> None:
        """Take over what the finished step left in `program.loss` and `program.records`."""
        loss, records = program.loss, program.records
        if loss is None:
            raise RuntimeError("A step must yield self.forward(loss).")
        self._losses.append(loss.detach())
        program.loss = None
        if records:
            for key, value in records.items():
                self._records[key].append(value.detach() if value.requires_grad else value)
            records.clear()

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
        self._losses.clear()
        self._records.clear()
        return columns


def _means(losses: list[Tensor]) -> npt.NDArray[np.floating]:
    """The mean of each loss; losses of equal size (all but an epoch's last batch) at once."""
    means = [stack.view(len(stack), -1).mean(1) for stack in _stacked(losses)]
    array: npt.NDArray[np.floating] = torch.cat(means).cpu().numpy()
    return array


def _stacked(losses: list[Tensor]) -> Iterator[Tensor]:
    try:
        yield torch.stack(losses)
    except RuntimeError:  # not all of one size; asking each for its own takes longer than stacking
        for _, group in groupby(losses, key=lambda loss: loss.shape):
            yield torch.stack(list(group))
