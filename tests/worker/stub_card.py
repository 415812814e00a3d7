"""A card that is none: what it records it does on the processor, over and over.

It keeps to what a real one promises: recording does nothing, and what waits for the card can't be
recorded.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from tui_lab.worker.captured.card import NotRecorded, Recording

WAITS = torch.ops.aten._local_scalar_dense.default


class StubRecording:
    def __init__(self, card: StubCard, work: Callable[[], None], number: int) -> None:
        self._card, self._work, self._number = card, work, number

    def replay(self) -> None:
        self._card.log.append(f"replay {self._number}")
        self._work()


class StubMark:
    def __init__(self, log: list[str]) -> None:
        self._log = log

    def wait(self) -> None:
        self._log.append("wait")


class Waiting(TorchDispatchMode):
    """Tells of every number that is read from a tensor."""

    def __init__(self, tell: Callable[[], object]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tell = tell

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is WAITS:
            self._tell()
        return func(*args, **(kwargs or {}))


class StubCard:
    """Says in `log` what it was asked for, in order."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.log: list[str] = []
        self.recorded = 0
        self.breaks: Callable[[], bool] = lambda: False
        """Whether the next recording breaks off."""

    def record(
        self,
        work: Callable[[], None],
        draws: Iterable[torch.Generator] = (),
        beside: Recording | None = None,
    ) -> Recording:
        self.recorded += 1
        self.log.append(f"record {self.recorded}")
        with _undone(draws), Waiting(self._break_off):
            work()
            if self.breaks():
                raise NotRecorded("the stub broke off")
        return StubRecording(self, work, self.recorded)

    @contextmanager
    def waits(self) -> Iterator[list[str]]:
        self.log.append("rehearse")
        places: list[str] = []
        with Waiting(lambda: places.append("toy.py, line 1")):
            yield places

    def upload(self, target: Tensor, source: Tensor) -> None:
        self.log.append("upload")
        target.copy_(source)

    def mark(self) -> StubMark:
        return StubMark(self.log)

    def _break_off(self) -> None:
        raise NotRecorded("it waits for the card")


@contextmanager
def _undone(draws: Iterable[torch.Generator]) -> Iterator[None]:
    """What is done in here to any tensor, or any of these generators, is taken back."""
    gc.collect()
    tensors = [
        o for o in gc.get_objects() if issubclass(type(o), Tensor) and o.layout is torch.strided
    ]
    values = [tensor.detach().clone() for tensor in tensors]
    generators = [torch.default_generator, *draws]
    states = [generator.get_state() for generator in generators]
    try:
        yield
    finally:
        for tensor, value in zip(tensors, values, strict=True):
            tensor.data.copy_(value)
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
