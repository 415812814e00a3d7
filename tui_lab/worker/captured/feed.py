"""Where the batches of recorded steps come from: gathered on the card by the order of the epoch, or
copied into the one batch that a recording has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Protocol

import torch
from torch import Tensor

from tui_lab.training.batches import Batches
from tui_lab.training.program import Program
from tui_lab.worker.captured.card import Card, NotRecorded
from tui_lab.worker.epochs import Epochs

Shape = Any
"""What the next batch is like, comparable: steps on batches of another shape are recorded anew."""

_MOST_BYTES = 1 << 28
"""Of batches that are gathered at once."""


class Feed(Protocol):
    """The batches that come next."""

    def begin(self, epochs: Epochs) -> None:
        """Recorded steps are about to be taken."""

    def next(self, most: int) -> tuple[Shape, int]:
        """What the next batch is like, and how many like it come before another, at most `most`.
        Raises `StopIteration` where there is none."""

    def batches(self, count: int) -> Iterator[Any]:
        """Part of a recording: so many batches like the next."""

    def took(self, count: int) -> None:
        """So many were taken by recorded steps."""

    def end(self, epochs: Epochs) -> None:
        """Other steps are about to be taken."""

    def forget(self, shape: Shape) -> None:
        """There is no recording any more of steps on batches like this."""


def feed_of(program: Program, card: Card) -> Feed:
    """What feeds the recorded steps of a program."""
    batches = program.batches
    if isinstance(batches, Batches):
        places = {tensor.device.type for tensor in batches.tensors}
        if places == {card.device.type}:
            return Gathered(batches, card)
    return Copied(card)


class Gathered:
    """Batches of whole tensors on the card: the order of the epoch lies there too, and a cursor
    that recorded steps move on."""

    def __init__(self, batches: Batches, card: Card) -> None:
        self._batches = batches
        self._card = card
        self._order: Tensor | None = None
        """The order that lies on the card."""
        order = batches.begin()
        self._rows = torch.empty_like(order, device=card.device)
        self._reach = torch.arange(batches.examples, device=card.device)
        self._at = torch.zeros((), dtype=torch.int64, device=card.device)
        self._size = batches.batch_size
        example = sum(tensor.nbytes for tensor in batches.tensors) // max(1, batches.examples)
        self._fitting = max(1, _MOST_BYTES // max(1, example))
        """Examples that are gathered at once, at most."""

    def begin(self, epochs: Epochs) -> None:
        """As `Feed.begin`; the order of an epoch is copied once."""
        order = self._batches.begin()
        if order is not self._order:
            self._card.upload(self._rows, order)
            self._order = order
        self._at.fill_(self._batches.position)

    def next(self, most: int) -> tuple[Shape, int]:
        """As `Feed.next`: a batch's examples, few in the last of an epoch."""
        batches, whole = self._batches, self._batches.batch_size
        left = batches.examples - batches.position
        if left <= 0:
            raise StopIteration
        self._size = min(whole, left)
        fitting = max(1, self._fitting // self._size)
        return self._size, min(most, fitting, max(1, left // whole))

    def batches(self, count: int) -> Iterator[Any]:
        """As `Feed.batches`, of one gathering."""
        reach = count * self._size
        rows = self._rows.index_select(-1, self._reach[:reach] + self._at)
        self._at.add_(reach)
        return self._batches.of(rows)

    def took(self, count: int) -> None:
        """As `Feed.took`."""
        self._batches.position += count * self._size

    def end(self, epochs: Epochs) -> None:
        """As `Feed.end`: they go on from where the recorded steps came to."""
        epochs.batches = iter(self._batches)

    def forget(self, shape: Shape) -> None:
        """As `Feed.forget`; a recording holds nothing of its own here."""


class Copied:
    """Whatever gives batches; each is copied into the recording's own."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._source: Iterator[Any] = iter(())
        self._own: dict[Shape, Any] = {}
        self._shape: Shape = None
        self._ahead: list[Any] = []
        """A batch that was handed out for a step that is not taken yet."""

    def begin(self, epochs: Epochs) -> None:
        """As `Feed.begin`."""
        self._source = epochs.batches

    def next(self, most: int) -> tuple[Shape, int]:
        """As `Feed.next`, always one: what comes after it is not known."""
        batch = next(self._source)
        self._ahead = [batch]
        self._shape = _shape(batch, self._card)
        if self._shape in self._own:
            _copy(self._own[self._shape], batch)
        else:
            self._own[self._shape] = _own(batch)
        return self._shape, 1

    def batches(self, count: int) -> Iterator[Any]:
        """As `Feed.batches`."""
        yield self._own[self._shape]

    def took(self, count: int) -> None:
        """As `Feed.took`."""
        self._ahead.clear()

    def end(self, epochs: Epochs) -> None:
        """As `Feed.end`; a batch whose step could not be recorded is handed out again."""
        if self._ahead:
            epochs.batches = chain(self._ahead, self._source)

    def forget(self, shape: Shape) -> None:
        """As `Feed.forget`."""
        self._own.pop(shape, None)


def _shape(batch: Any, card: Card) -> Shape:
    match batch:
        case Tensor() if batch.device.type != card.device.type:
            raise NotRecorded("its batches are not on the card")
        case Tensor():
            return batch.shape, batch.stride(), batch.dtype
        case dict():
            return tuple((key, _shape(item, card)) for key, item in batch.items())
        case list() | tuple():
            return type(batch), tuple(_shape(item, card) for item in batch)
        case int() | float() | str() | None:
            return type(batch), batch
    raise NotRecorded(f"a batch holds a {type(batch).__name__}")


def _own(batch: Any) -> Any:
    match batch:
        case Tensor():
            return batch.clone()
        case dict():
            return {key: _own(item) for key, item in batch.items()}
        case list() | tuple():
            items = [_own(item) for item in batch]
            return type(batch)(*items) if hasattr(batch, "_fields") else type(batch)(items)
    return batch


def _copy(own: Any, batch: Any) -> None:
    match own:
        case Tensor():
            own.copy_(batch)
        case dict():
            for key, item in own.items():
                _copy(item, batch[key])
        case list() | tuple():
            for item, other in zip(own, batch, strict=True):
                _copy(item, other)
