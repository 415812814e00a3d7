"""One turn of a program's work, taken as ever, and what in it no recording could do again."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from tui_lab.training.generators import random_state
from tui_lab.training.program import Program
from tui_lab.worker.captured.card import Card
from tui_lab.worker.captured.held import generators, leaves, tensors, unknown
from tui_lab.worker.captured.standing import Standing, differing, standing, without

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
    def within(self, *given: Any) -> Iterator[None]:
        """In here the work is done, just as it would be, on what is `given` for it."""
        program = self._program
        before, drawn = standing(program), _drawn_on_host(program)
        held = [(tensor, tensor.grad) for tensor in leaves(program)]  # so that none is in its place
        gradients = [gradient for _, gradient in held if gradient is not None]
        seen = _Seen([*gradients, *(t for _, t in tensors(program)), *_flat(given)])
        with _reads_of_place(program.batches) as read, self._card.waits() as places, seen:
            yield
        self.fresh = frozenset(
            id(tensor)
            for tensor, gradient in held
            if not (gradient is None or tensor.grad is None or tensor.grad is gradient)
        )
        self.after = standing(program, self.fresh)
        self.changed = differing(without(before, self.fresh), self.after)
        self.reason = self._reason(places, drawn, seen, read)

    def _reason(self, places: list[str], drawn: list[Any], seen: _Seen, read: set[str]) -> str:
        program = self._program
        if places:
            return f"it waits for the card ({places[0]})"
        if drawn != _drawn_on_host(program):
            return "it draws random numbers on the host"
        if seen.fused_dropout:
            return "it uses torch's fused dropout, whose masks may be others there"
        if read:
            return f"it reads the place in the epoch (batches.{min(read)})"
        if seen.strange:
            return "it writes to a tensor that the program does not hold"
        return unknown(program)


class _Seen(TorchDispatchMode):
    """Whether an operation came by that has not been seen to give the same in a graph: on an H200,
    with torch 2.11, training with `nn.Dropout` did not, for a reason that is not known. And whether
    something was written to that is neither `known` nor was made meanwhile."""

    def __init__(self, known: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.fused_dropout = self.strange = False
        self._known = {place: tensor for tensor in known if (place := _storage(tensor))}
        """By storage, which is not another's as long as they are kept here."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.fused_dropout |= func is torch.ops.aten.native_dropout.default
        given = kwargs or {}
        result = func(*args, **given)
        came = {_storage(tensor) for tensor in _flat([args, given])}
        if func is not torch.ops.aten.lift_fresh.default:
            for argument, value in zip(func._schema.arguments, args, strict=False):
                if argument.alias_info is not None and argument.alias_info.is_write:
                    self.strange |= any(_storage(t) not in self._known for t in _flat([value]))
            made = (t for t in _flat([result]) if _storage(t) not in came)
        else:
            made = _flat([result])
        self._known |= {_storage(tensor): tensor for tensor in made}
        return result


def _storage(tensor: Tensor) -> int:
    try:
        return tensor.untyped_storage()._cdata
    except (NotImplementedError, RuntimeError):  # a sparse one has none of its own
        return 0


def _flat(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, dict):
            yield from _flat(value.values())
        elif isinstance(value, list | tuple):
            yield from _flat(value)


def _drawn_on_host(program: Program) -> list[Any]:
    """How far the generators are that don't belong to the program's device."""
    kind = program.device.type
    state = random_state(torch.device("cpu"))
    numbers = [state["python"]["internal"].tolist(), state["numpy"]["keys"].tolist()]
    numbers += [state["python"]["gauss"], state["numpy"]["numbers"]]
    if kind != "cpu":
        numbers.append(state["cpu"].tolist())
    return [*numbers, *(_come_to(each) for each in generators(program) if not _is_of(each, kind))]


def _is_of(generator: Any, kind: str) -> bool:
    return isinstance(generator, torch.Generator) and generator.device.type == kind


def _come_to(generator: Any) -> Any:
    match generator:
        case torch.Generator():
            return generator.get_state().tolist()
        case np.random.Generator():
            return pickle.dumps(generator.bit_generator.state)
        case random.Random():
            return generator.getstate()
    return pickle.dumps(generator.get_state())


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
