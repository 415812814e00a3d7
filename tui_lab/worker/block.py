"""Measurements of single steps, kept on their device until a whole block is copied at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tui_lab.errors import ExperimentError
from tui_lab.training.program import Program, loss_of_step
from tui_lab.worker.readings import shown

Columns = dict[str, npt.NDArray[np.floating]]


class StepBlock:
    """The losses and records of consecutive steps since the last `take`.

    Adding a step costs two list appends and no copy from the device; `take` copies everything with
    one transfer per key.
    """

    def __init__(self) -> None:
        self._losses: list[Tensor | None] = []
        self._records: dict[str, list[Tensor]] = {}
        self._refused: dict[str, str] = {}
        self._absent: dict[str, set[int]] = {}
        """By key: the rows of steps that recorded nothing under it."""

    def __len__(self) -> int:
        return len(self._losses)

    def add(self, program: Program) -> None:
        """Take over what the finished step left in `program.loss` and `program.records`; raises
        `ExperimentError` where there is neither."""
        loss, records, losses = program.loss, program.records, self._losses
        fits = isinstance(loss, Tensor) and not loss.is_complex()
        if not fits and (loss is not None or not records):
            raise ExperimentError(_no_loss(loss))
        for key, value in records.items():
            values = self._records.get(key)
            if values is None or len(values) != len(losses) or type(value) is not Tensor:
                self._record(key, value)
            else:
                values.append(value.detach() if value.requires_grad else value)
        if loss is None and "train/loss" not in records:
            self._absent.setdefault("train/loss", set()).add(len(losses))
        if program.micro_losses or (loss is not None and loss.is_cuda):
            losses.append(step_loss(program))
            program.micro_losses.clear()
        else:
            losses.append(None if loss is None else loss.detach())
        records.clear()
        program.loss = None

    def take(self, names: Mapping[str, tuple[str, ...]]) -> Columns:
        """The block as columns, one row per step, and start a new one; `names` are the keys of
        the components of recorded vectors. A step that recorded nothing under a key has NaN."""
        columns: Columns = {}
        if any(loss is not None for loss in self._losses):
            columns["train/loss"] = _means(_filled(self._losses))
        for key, values in self._records.items():
            columns.update(self._columns(key, values, names.get(key, ())))
        self._losses.clear()
        self._records.clear()
        return columns

    def parts(self, names: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, Columns]]:
        """As `take`, in parts each of whose steps have the same keys; with the row that each part
        begins at."""
        rows, columns = len(self), self.take(names)
        absent, self._absent = self._absent, {}
        if not absent:
            yield 0, columns
            return
        of = {name: key for key, parts in names.items() for name in parts}
        gone = {key: absent.get(of.get(key, key), set()) for key in columns}

        def present(row: int) -> list[str]:
            return [key for key in columns if row not in gone[key]]

        for keys, part in groupby(range(rows), key=present):
            first, *rest = part
            yield first, {key: columns[key][first : first + 1 + len(rest)] for key in keys}

    def refused(self) -> Iterator[tuple[str, str]]:
        """What was recorded since the last time and is no number: its key, and what it is."""
        refused, self._refused = self._refused, {}
        yield from refused.items()

    def _record(self, key: str, value: Any) -> None:
        """Take over what is no plain tensor, or the first of its key for a while."""
        if not isinstance(value, Tensor):
            if not isinstance(value, int | float):
                self._refused[key] = shown(value)
                return
            value = torch.tensor(float(value), dtype=torch.float64, device="cpu")
        values = self._records.setdefault(key, [])
        self._fill(key, values, value)
        values.append(value.detach() if value.requires_grad else value)

    def _fill(self, key: str, values: list[Tensor], like: Tensor) -> None:
        """So far no step of the block, or none since a while, has recorded anything under a key."""
        if missing := range(len(values), len(self._losses)):
            self._absent.setdefault(key, set()).update(missing)
            values += [_nothing(like)] * len(missing)

    def _columns(self, key: str, values: list[Tensor], names: tuple[str, ...]) -> Columns:
        """One column for a scalar, one per component for a vector whose components have names."""
        self._fill(key, values, values[-1])
        alike = all(value.shape == values[0].shape for value in values)
        columns = columns_of(key, torch.stack(values), names) if alike else None
        if columns is None:
            self._refused[key] = shown(values[-1])
            return {}
        return columns


def columns_of(key: str, values: Tensor, names: tuple[str, ...]) -> Columns | None:
    """One column for scalars, one per component for vectors whose components have names; None for
    what is neither. A row of `values` is a step's."""
    rows = values.reshape(len(values), -1)
    if rows.shape[1] != (len(names) or 1) or rows.is_complex():
        return None
    return dict(zip(names or (key,), rows.cpu().numpy().T, strict=True))


def step_loss(program: Program) -> Tensor | None:
    """What the step that is over gave as its loss. On a card it is the mean already: means that
    are taken of many steps at once round in another way with every number of them."""
    loss = loss_of_step(program)
    return mean(loss) if loss is not None and loss.is_cuda else loss


def mean(loss: Tensor) -> Tensor:
    """The mean of a step's loss, on its device."""
    if not loss.dim():
        return loss
    return loss.mean() if loss.is_floating_point() else loss.double().mean()


def _no_loss(loss: Any) -> str:
    """What is wrong with what a step gave as its loss, and the cure."""
    if loss is None:
        return (
            "The step gave neither a loss nor a record: after the forward pass, "
            "yield self.forward(loss)."
        )
    return f"self.forward() was given {shown(loss)}; give it the loss itself, a real tensor."


def _filled(losses: list[Tensor | None]) -> list[Tensor]:
    """With NaN for steps that had records and no loss."""
    like = next(loss for loss in losses if loss is not None)
    return [_nothing(like) if loss is None else loss for loss in losses]


def _nothing(like: Tensor) -> Tensor:
    return torch.full_like(like, torch.nan, dtype=torch.promote_types(like.dtype, torch.float32))


def _means(losses: list[Tensor]) -> npt.NDArray[np.floating]:
    """The mean of each loss; losses of equal size (all but an epoch's last batch) at once."""
    means = [_mean(stack) for stack in _stacked(losses)]
    array: npt.NDArray[np.floating] = torch.cat(means).cpu().numpy()
    return array


def _mean(stack: Tensor) -> Tensor:
    rows = stack.reshape(len(stack), -1)
    return rows.mean(1) if rows.is_floating_point() else rows.double().mean(1)


def _stacked(losses: list[Tensor]) -> Iterator[Tensor]:
    try:
        yield torch.stack(losses)
    except RuntimeError:  # not all of one size; asking each for its own takes longer than stacking
        for _, group in groupby(losses, key=lambda loss: loss.shape):
            yield torch.stack(list(group))
