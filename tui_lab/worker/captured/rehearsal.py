"""One turn of a program's work, taken as ever, and what in it no recording could do again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tui_lab.training.generators import random_state
from tui_lab.training.program import Program
from tui_lab.worker.captured.card import Card
from tui_lab.worker.captured.standing import Standing, differing, leaves, standing, without

_PLACE = frozenset({"position", "order", "taken", "remaining"})
"""What tells how far `Batches` have come; it changes on the host, from step to step."""


class Rehearsal:
    """Watches what is done `within` it, on a program that a `card` works for."""

    def __init__(self, program: Program, card: Card) -> None:
        self._program = program
        self._card = card
        self.reason = ""
        """Why it can't be recorded; empty where it can."""
        self.changed = ""
        """An attribute that is another afterwards; empty where the program stands as before."""
        self.after: Standing = {}
        """How the program stands afterwards."""
        self.fresh: frozenset[int] = frozenset()
        """The ids of tensors whose gradients were there before and are others now."""

    @contextmanager
    def within(self) -> Iterator[None]:
        """In here the work is done, just as it would be."""
        program = self._program
        before, drawn = standing(program), _drawn_on_host(program)
        held = [(tensor, tensor.grad) for tensor in leaves(program)]  # so that none is in its place
        seen = _Seen()
        with _reads_of_place(program.batches) as read, self._card.waits() as places, seen:
            yield
        self.fresh = frozenset(
            id(tensor)
            for tensor, gradient in held
            if not (gradient is None or tensor.grad is None or tensor.grad is gradient)
        )
        self.after = standing(program, self.fresh)
        self.changed = differing(without(before, self.fresh), self.after)
        if places:
            self.reason = f"it waits for the card ({places[0]})"
        elif drawn != _drawn_on_host(program):
            self.reason = "it draws random numbers on the host"
        elif seen.fused_dropout:
            self.reason = "it uses torch's fused dropout, whose masks may be others there"
        elif read:
            self.reason = f"it reads the place in the epoch (batches.{min(read)})"


class _Seen(TorchDispatchMode):
    """Whether an operation came by that has not been seen to give the same in a graph: on an H200,
    with torch 2.11, training with `nn.Dropout` did not, for a reason that is not known."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.fused_dropout = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.fused_dropout |= func is torch.ops.aten.native_dropout.default
        return func(*args, **(kwargs or {}))


def _drawn_on_host(program: Program) -> list[Any]:
    """How far the generators are that don't belong to the program's device."""
    kind = program.device.type
    state = random_state(torch.device("cpu"))
    numbers = [state["python"]["internal"].tolist(), state["numpy"]["keys"].tolist()]
    numbers += [state["python"]["gauss"], state["numpy"]["numbers"]]
    if kind != "cpu":
        numbers.append(state["cpu"].tolist())
    own = (g for g in vars(program).values() if isinstance(g, torch.Generator))
    return [*numbers, *(g.get_state().tolist() for g in own if g.device.type != kind)]


@contextmanager
def _reads_of_place(batches: Any) -> Iterator[set[str]]:
    """What is read in here of the place in the epoch."""
    read: set[str] = set()
    kind = type(batches)
    try:
        batches.__class__ = _noting(kind, read.add)
    except TypeError:  # of a kind whose attributes nobody can look over
        yield read
        return
    try:
        yield read
    finally:
        batches.__class__ = kind


def _noting(kind: type[Any], note: Callable[[str], object]) -> type[Any]:
    inherited: Any = kind.__getattribute__

    def read(self: Any, name: str) -> Any:
        if name in _PLACE:
            note(name)
        return inherited(self, name)

    return type(kind.__name__, (kind,), {"__getattribute__": read})
