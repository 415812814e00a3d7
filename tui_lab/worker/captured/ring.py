"""Where recorded steps leave their losses and records on the card, a row each, until a block is
copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from tui_lab.training.program import Program, loss_of_step
from tui_lab.worker.block import Columns, columns_of, mean
from tui_lab.worker.captured.card import NotRecorded

LOSS = "train/loss"
Row = dict[str, Tensor]
"""What one step said, by key: its loss, and what it recorded, flat."""

_ROWS = 4096
_MOST_BYTES = 1 << 26


def row_of(program: Program) -> Row:
    """What the step that is over has said. Raises `NotRecorded` for what is no number of the
    program's device."""
    row: Row = {}
    loss = loss_of_step(program)
    if loss is not None:
        row[LOSS] = _flat(mean(loss), program.device)
    for key, value in program.records.items():
        if not isinstance(value, Tensor | int | float):
            raise NotRecorded(f"{key} is no number")
        row[key] = _flat(value, program.device)
    if not row:
        raise NotRecorded("it gives neither a loss nor a record")
    return row


def _flat(value: Tensor | float, device: torch.device) -> Tensor:
    if not isinstance(value, Tensor):
        return torch.full((1,), float(value), dtype=torch.float64, device=device)
    if value.device.type != device.type or value.is_complex():
        raise NotRecorded("what it says is not on the card")
    return value.detach().reshape(-1)


class Ring:
    """Rows as `like` one, on its device; those that were copied are written over."""

    def __init__(self, like: Row) -> None:
        width = sum(value.nbytes for value in like.values())
        self.rows = max(64, min(_ROWS, _MOST_BYTES // max(1, width)))
        """How many there is room for."""
        self.written = 0
        """How many were written that are not copied yet, or are on their way."""
        self._columns = {
            key: torch.empty((self.rows, value.numel()), dtype=value.dtype, device=value.device)
            for key, value in like.items()
        }
        device = next(iter(like.values())).device
        self._slots = torch.arange(self.rows, device=device)
        self._next = torch.zeros((), dtype=torch.int64, device=device)

    @property
    def room(self) -> int:
        """Rows that can be written before some must be copied."""
        return self.rows - self.written

    @property
    def next(self) -> Row:
        """The next row, as it is."""
        return {key: column[self.written] for key, column in self._columns.items()}

    def go_on(self, *, anew: bool) -> None:
        """The card is about to write the next rows, the first again where everything is copied."""
        if anew:
            self.written = 0
        self._next.fill_(self.written)

    def write(self, rows: Sequence[Row]) -> None:
        """Part of a recording: these come next. Raises `NotRecorded` for rows of another form."""
        forms = {key: (column.shape[1], column.dtype) for key, column in self._columns.items()}
        for row in rows:
            if {key: (value.numel(), value.dtype) for key, value in row.items()} != forms:
                raise NotRecorded("what it records changes from step to step")
        places = self._slots[: len(rows)] + self._next
        for key, column in self._columns.items():
            column.index_copy_(0, places, torch.stack([row[key] for row in rows]))
        self._next.add_(len(rows))

    def copied(self, start: int, count: int, names: Mapping[str, tuple[str, ...]]) -> Columns:
        """These rows as columns; `names` are the keys of the components of vectors."""
        columns: Columns = {}
        for key, column in self._columns.items():
            found = columns_of(key, column[start : start + count], names.get(key, ()))
            columns |= {} if found is None else found
        return columns


class Stretch:
    """Consecutive steps whose rows lie one after another in a ring."""

    def __init__(self, ring: Ring, start: int, count: int) -> None:
        self._ring, self._start, self._count = ring, start, count

    def __len__(self) -> int:
        return self._count

    def joins(self, ring: Ring, start: int, count: int) -> bool:
        """Whether these rows come next; then they belong to it."""
        if ring is not self._ring or start != self._start + self._count:
            return False
        self._count += count
        return True

    def parts(self, names: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, Columns]]:
        """Its rows as columns, copied from the card; in one part."""
        yield 0, self._ring.copied(self._start, self._count, names)
