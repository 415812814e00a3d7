"""Batches from anything that can be gone through: again for every epoch, and from any place in one.

What torch draws on the way (the order of a `DataLoader`, the seeds of its workers) it draws from
streams of its own, which nothing else draws from: the place in an epoch is how many batches of it
were taken, and where those streams stood at its start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tui_lab.errors import ExperimentError
from tui_lab.training.generators import generators_kept, random_state, restore_random

_CPU = torch.device("cpu")
_END = object()


def as_batches(batches: Any, generator: torch.Generator) -> Any:
    """What a program gave as its batches, as something that can be gone through epoch after epoch,
    and whose place in an epoch is state where there is a way; `generator` is the program's.

    What has a `state_dict` of its own is taken as it is, and so is an iterator, such as a generator
    that has begun: there is no way back in one. Raises `ExperimentError` for what gives no batches.
    """
    if hasattr(batches, "state_dict") and hasattr(batches, "load_state_dict"):
        return batches
    if isinstance(batches, Iterator):
        return batches
    if isinstance(batches, Iterable) or hasattr(batches, "__getitem__"):
        return Passes(lambda: iter(batches), generator, batches)
    if callable(batches):
        return Passes(batches, generator)
    raise ExperimentError(
        f"build() made batches a {type(batches).__name__}, which gives no batches; make it "
        "Batches, a DataLoader, or anything else that a for loop goes through."
    )


def length(batches: Any) -> int | None:
    """Batches in an epoch; None where that is not known before its end."""
    try:
        return len(batches)
    except TypeError:  # an IterableDataset, a generator
        return None


def caveats(batches: Any) -> list[str]:
    """What can't be promised of going back in these."""
    if getattr(batches, "persistent_workers", False):
        return [
            "The loader keeps its workers from epoch to epoch (persistent_workers): who goes back "
            "gets the same order, and what the workers draw at random may be other than it was."
        ]
    return []


def taken_of(batches: Any, parent: Any) -> int | None:
    """Batches that lie behind those which go on from a `parent`'s; None for as many as lie behind
    the parent's."""
    unsaid = None if length(batches) == length(parent) else 0
    taken: int | None = getattr(batches, "taken", unsaid)
    return taken


class Passes:
    """Goes through what `begin` begins, pass after pass.

    Iterating yields the rest of the pass under way, then ends. A pass that is restored is begun
    again, and what was taken of it is drawn once more: with the same numbers of torch's default
    generator and of the program's, and of numpy's and Python's unless its steps draw from those.
    Other attributes are those of `source`.
    """

    def __init__(
        self,
        begin: Callable[[], Iterable[Any]],
        generator: torch.Generator,
        source: Any = None,
    ) -> None:
        self._begin = begin
        self._generator = generator
        self._source = source
        seed = generator.initial_seed()
        self._streams = tuple(torch.Generator().manual_seed(seed ^ n).get_state() for n in (1, 2))
        """Of torch's default generator, and of the program's, as the batches have them."""
        self._start: dict[str, Any] | None = None
        """What the pass under way was begun with; None between two."""
        self._rest: Iterator[Any] | None = None
        self.taken = 0
        """Batches of the pass under way that were handed out."""

    def __len__(self) -> int:
        """Batches in a pass; raises `TypeError` where that is not known."""
        return len(self._source)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._source, name)

    def __iter__(self) -> Iterator[Any]:
        while True:
            if self._rest is None:
                self._rest = self._under_way()
            with self._own():
                batch = next(self._rest, _END)
            if batch is _END:
                break
            self.taken += 1
            yield batch
        self._rest, self._start, self.taken = None, None, 0

    def state_dict(self) -> dict[str, Any]:
        """The place in the pass under way. It is one text with the length of a pass: a branch whose
        passes are of another length begins a new one."""
        return {
            "place": f"{self.taken} of {length(self)}",
            "streams": self._streams if self._start is None else self._start["streams"],
            "start": None if self._start is None else self._start["others"],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a place; the next iteration goes on from there."""
        taken, of = state["place"].split(" of ")
        self.taken = int(taken) if of == str(length(self)) else 0
        self._streams, self._rest = tuple(state["streams"]), None
        start = {"streams": self._streams, "others": state["start"]}
        self._start = None if state["start"] is None else start

    def _under_way(self) -> Iterator[Any]:
        """The pass that is under way, begun again, else a new one."""
        if self._start is None:
            self._start = {"streams": self._streams, "others": random_state(_CPU)}
            with self._own():
                return iter(self._begin())
        with generators_kept(_CPU):
            restore_random(self._start["others"], _CPU)
            with self._own():
                rest = iter(self._begin())
                for _ in range(self.taken):
                    next(rest, None)
        return rest

    @contextmanager
    def _own(self) -> Iterator[None]:
        """In here torch draws from the streams of the batches."""
        outside = self._exchange(self._streams)
        try:
            yield
        finally:
            self._streams = self._exchange(outside)

    def _exchange(self, streams: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        before = torch.get_rng_state(), self._generator.get_state()
        torch.set_rng_state(streams[0])
        self._generator.set_state(streams[1])
        return before
