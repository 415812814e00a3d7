"""Mini-batches as slices of whole tensors, in an order drawn from one generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.members import count

_GATHERED = 4096
"""Examples copied into order at a time: large enough to cost one indexing per many batches of 10,
small enough that a batch of images stays a plain index slice."""


class Batches:
    """Shuffled mini-batches of `tensors` (equal first dimensions), epoch after epoch.

    Iterating yields the rest of the current epoch, then ends; the next iteration draws a new order
    from `generator`. The last batch of an epoch may be smaller. The place in the epoch is state.
    """

    def __init__(
        self,
        tensors: tuple[Tensor, ...],
        batch_size: int,
        generator: torch.Generator,
        *,
        shuffle: bool = True,
        begun: Callable[[], object] = lambda: None,
    ) -> None:
        """`begun` is called when an epoch begins, before its first batch is handed out."""
        self.tensors = tensors
        self.batch_size = batch_size
        self.generator = generator
        self.shuffle = shuffle
        self.order: Tensor | None = None
        """Indices of the epoch under way; None between epochs."""
        self.position = 0
        """Examples of the epoch already handed out."""
        self._begun = begun

    def __len__(self) -> int:
        """Batches in an epoch."""
        return (self.examples + self.batch_size - 1) // self.batch_size

    @property
    def remaining(self) -> int:
        """Batches that are left of the epoch under way; a whole epoch's between two."""
        return (self.examples - self.position + self.batch_size - 1) // self.batch_size

    @property
    def taken(self) -> int:
        """Batches of the epoch under way that were handed out, had all been of this size."""
        return len(self) - self.remaining

    @property
    def examples(self) -> int:
        """Examples in an epoch."""
        return self.tensors[0].shape[0]

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        order = self.begin()
        along = order.dim() - 1
        at_once = _GATHERED // (self.batch_size * count(order))
        chunk = max(1, at_once) * self.batch_size
        while self.position < self.examples:
            rows = order[..., self.position : self.position + chunk]
            for batch in self.of(rows.to(self.tensors[0].device)):
                self.position += batch[0].shape[along]
                yield batch
        self.order, self.position = None, 0

    def begin(self) -> Tensor:
        """The order of the epoch under way; where none is, the next begins."""
        if self.order is None:
            self.order = self._drawn()
            self._begun()
        return self.order

    def of(self, rows: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """The mini-batches of the examples in these `rows`, which are on the tensors' device."""
        gathered = (torch.split(tensor[rows], self.batch_size) for tensor in self.tensors)
        return zip(*gathered, strict=True)

    def _drawn(self) -> Tensor:
        if self.shuffle:
            return torch.randperm(self.examples, generator=self.generator)
        return torch.arange(self.examples)

    def state_dict(self) -> dict[str, Any]:
        """The order and place of the epoch under way (the generator is its owner's state)."""
        order = None if self.order is None else self.order.clone()
        return {"order": order, "position": self.position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a place; the next iteration goes on from there. An order of other examples
        than these is none: a new epoch begins."""
        order = state["order"]
        fits = order is not None and order.shape[-1] == self.examples
        self.order = order.clone() if fits else None
        self.position = state["position"] if fits else 0
