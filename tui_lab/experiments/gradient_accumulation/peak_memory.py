"""How many bytes are held for a backward pass: measured, not computed from shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

import torch
from torch import Tensor


class PeakMemory(Protocol):
    """Measures passes forward and backward from `start` on."""

    def start(self, known: list[Tensor]) -> None:
        """Begin anew; `known` are there in any case and do not count."""

    def forward(self) -> AbstractContextManager[None]:
        """Around each forward pass."""

    def peak(self) -> int:
        """The most bytes held at once since `start`; asked for after the last backward pass."""


def peak_memory(device: torch.device) -> PeakMemory:
    """What can be measured on this device."""
    return AllocatedMemory(device) if device.type == "cuda" else SavedTensors()


class AllocatedMemory:
    """All that was allocated on a CUDA device. Asking its allocator makes nobody wait."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before = 0

    def start(self, known: list[Tensor]) -> None:
        torch.cuda.reset_peak_memory_stats(self._device)
        self._before = torch.cuda.memory_allocated(self._device)

    def forward(self) -> AbstractContextManager[None]:
        return nullcontext()

    def peak(self) -> int:
        return torch.cuda.max_memory_allocated(self._device) - self._before


class SavedTensors:
    """Tensors that autograd keeps from a forward pass until its backward pass lets go of them.

    Tensors that share a storage count once.
    """

    def __init__(self) -> None:
        self._holders: Counter[int] = Counter()
        self._known: frozenset[int] = frozenset()
        self._held = self._peak = 0

    def start(self, known: list[Tensor]) -> None:
        self._known = frozenset(t.untyped_storage().data_ptr() for t in known)
        self._peak = self._held

    @contextmanager
    def forward(self) -> Iterator[None]:
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor: _Saved(self, tensor), lambda saved: saved.tensor
        ):
            yield

    def peak(self) -> int:
        return self._peak

    def take(self, storage: torch.UntypedStorage) -> None:
        """Autograd saves a tensor with this storage."""
        place = storage.data_ptr()
        if place not in self._known and not self._holders[place]:
            self._held += storage.nbytes()
            self._peak = max(self._peak, self._held)
        self._holders[place] += 1

    def let_go(self, storage: torch.UntypedStorage) -> None:
        """Autograd needs it no more."""
        place = storage.data_ptr()
        self._holders[place] -= 1
        if not self._holders[place]:
            del self._holders[place]
            if place not in self._known:
                self._held -= storage.nbytes()


class _Saved:
    """What autograd keeps in place of a tensor; gone when autograd drops it."""

    def __init__(self, meter: SavedTensors, tensor: Tensor) -> None:
        self.tensor = tensor
        self._meter = meter
        meter.take(tensor.untyped_storage())

    def __del__(self) -> None:
        self._meter.let_go(self.tensor.untyped_storage())
