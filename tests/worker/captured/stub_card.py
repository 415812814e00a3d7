"""A card that is none: the operations that it records it does on the processor, over and over.

It keeps to what a real one promises: recording does nothing, what waits for the card can't be
recorded, and nothing of Python is done again: the same operations, on the same memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from tui_lab.worker.captured.card import NotRecorded, Recording
from tui_lab.worker.captured.rehearsal import flat, written

WAITS = torch.ops.aten._local_scalar_dense.default


class StubRecording:
    def __init__(self, card: StubCard, noting: Noting) -> None:
        self._card, self._calls = card, noting.calls
        self._number = card.recorded

    def replay(self) -> None:
        self._card.log.append(f"replay {self._number}")
        for call in self._calls:
            call.again()


@dataclass
class Call:
    """An operation that was recorded, on memory of which torch is not told what is done to it."""

    operation: Any
    given: tuple[tuple[Any, ...], dict[str, Any]]
    made: list[tuple[Tensor, int]]
    """Results with memory of their own, and which of all they are."""

    def again(self) -> None:
        """Do it again; what it gives lies where it lay."""
        positional, named = self.given
        results = list(flat([self.operation(*positional, **named)]))
        for result, place in self.made:
            result.copy_(results[place])


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
        with _undone(draws) as noting, Waiting(self._break_off):
            work()
            if self.breaks():
                raise NotRecorded("the stub broke off")
        return StubRecording(self, noting)

    @property
    def replays(self) -> int:
        """How often a recording was done again."""
        return sum(line.startswith("replay") for line in self.log)

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


class Noting(TorchDispatchMode):
    """Takes down what is done, and takes back, at its end, what was written to any tensor."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._before: list[tuple[Tensor, Tensor]] = []
        self.calls: list[Call] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        self._before += [(tensor, tensor.clone()) for tensor in written(func, args, named)]
        places = {_place(tensor) for tensor in flat([args, named])}
        result = func(*args, **named)
        found = enumerate(flat([result]))
        made = [(each.data, index) for index, each in found if _place(each) not in places]
        given = tree_map_only(Tensor, lambda tensor: tensor.data, (args, named))
        self.calls.append(Call(func, given, made))
        return result

    def undo(self) -> None:
        """The last that was written to is the first."""
        for tensor, value in reversed(self._before):
            if tensor.shape == value.shape:  # else it is a result, made for this
                tensor.copy_(value)


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


@contextmanager
def _undone(draws: Iterable[torch.Generator]) -> Iterator[Noting]:
    """What is done in here to any tensor, or any of these generators, is taken back."""
    generators = [torch.default_generator, *draws]
    states = [generator.get_state() for generator in generators]
    noting = Noting()
    try:
        with noting:
            yield noting
    finally:
        with torch.no_grad():
            noting.undo()
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
