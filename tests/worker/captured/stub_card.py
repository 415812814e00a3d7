"""A card that is none: what it records it does on the processor, over and over.

It keeps to what a real one promises: recording does nothing, and what waits for the card can't be
recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor
from torch.autograd.grad_mode import _unsafe_preserve_version_counter
from torch.utils._python_dispatch import TorchDispatchMode

from tui_lab.worker.captured.card import NotRecorded, Recording

WAITS = torch.ops.aten._local_scalar_dense.default


class StubRecording:
    def __init__(self, card: StubCard, work: Callable[[], None], written: list[Tensor]) -> None:
        self._card, self._work, self._written = card, work, written
        self._number = card.recorded
        leaves = [tensor for tensor in written if tensor.is_leaf and tensor.requires_grad]
        self._made = [(leaf, leaf.grad) for leaf in leaves]
        """The gradients that lie where the recording writes them."""

    def replay(self) -> None:
        self._card.log.append(f"replay {self._number}")
        held = [leaf.grad for leaf, _ in self._made]
        with ExitStack() as unnoticed:  # torch is not told what a card does
            for tensor in self._written:
                unnoticed.enter_context(_unsafe_preserve_version_counter(tensor))
            self._work()
        for (leaf, made), before in zip(self._made, held, strict=True):
            if leaf.grad is not before and leaf.grad is not None and made is not None:
                made.copy_(leaf.grad)
            leaf.grad = before  # only Python gives a tensor another


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
        with _undone(draws) as undoing, Waiting(self._break_off):
            work()
            if self.breaks():
                raise NotRecorded("the stub broke off")
        return StubRecording(self, work, undoing.written)

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


class Undoing(TorchDispatchMode):
    """Takes back, at its end, what was written to any tensor."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._before: list[tuple[Tensor, Tensor]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        for argument, value in zip_longest(func._schema.arguments, args):
            if argument.alias_info is not None and argument.alias_info.is_write:
                self._keep(given.get(argument.name) if value is None else value)
        return func(*args, **given)

    @property
    def written(self) -> list[Tensor]:
        """Each tensor that was written to, once."""
        return list({id(tensor): tensor for tensor, _ in self._before}.values())

    def undo(self) -> None:
        """The last that was written to is the first."""
        for tensor, value in reversed(self._before):
            if tensor.shape == value.shape:  # else it is a result, made for this
                tensor.copy_(value)

    def _keep(self, written: Tensor | list[Tensor] | None) -> None:
        for tensor in [written] if isinstance(written, Tensor) else written or []:
            self._before.append((tensor, tensor.clone()))


@contextmanager
def _undone(draws: Iterable[torch.Generator]) -> Iterator[Undoing]:
    """What is done in here to any tensor, or any of these generators, is taken back."""
    generators = [torch.default_generator, *draws]
    states = [generator.get_state() for generator in generators]
    undoing = Undoing()
    try:
        with undoing:
            yield undoing
    finally:
        with torch.no_grad():
            undoing.undo()
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
