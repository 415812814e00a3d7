"""One turn of a program's work, taken as ever, and what in it no recording could do again."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from tui_lab.training.generators import random_state, state_of
from tui_lab.training.program import Program
from tui_lab.worker.captured.card import Card
from tui_lab.worker.captured.held import (
    generators_on_host,
    tensors,
    unknown,
    versions,
    written_since,
)
from tui_lab.worker.captured.standing import Standing, differing, standing, without
from tui_lab.worker.captured.untouched import Gradients, gradients

_Found = TypeVar("_Found")

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
        self.moved: dict[int, Tensor] = {}
        """What was written to, by id."""
        self._versions: dict[int, int] = {}

    @contextmanager
    def within(self, *given: Any) -> Iterator[None]:
        """In here the work is done, just as it would be, on what is `given` for it. Raises what the
        work does, and nothing else: what can't be looked over can't be recorded."""
        if (found := self._looked(lambda: self._before(given))) is None:
            yield
            return
        before, drawn, held, seen = found
        with _reads_of_place(self._program.batches) as read, self._card.waits() as places, seen:
            yield
        if self._looked(lambda: self._compare(before, held, seen)) is not None:
            self._looked(lambda: self._say(places, drawn, seen, read))

    def _looked(self, look: Callable[[], _Found]) -> _Found | None:
        try:
            return look()
        except Exception as error:  # of what stands in a program of anyone's own
            self.reason = f"looking it over gives {type(error).__name__}: {error}"
            return None

    def _before(self, given: Any) -> tuple[Standing, list[Any], Gradients, _Seen]:
        program = self._program
        self._versions = versions(program)
        held = gradients(program)  # kept, so that none is in the place of another
        known = [gradient for _, gradient in held if gradient is not None]
        seen = _Seen([*known, *(tensor for _, tensor in tensors(program)), *flat(given)])
        return standing(program), _drawn_on_host(program), held, seen

    def _compare(self, before: Standing, held: Gradients, seen: _Seen) -> Standing:
        self.fresh = frozenset(
            id(tensor)
            for tensor, gradient in held
            if not (gradient is None or tensor.grad is None or tensor.grad is gradient)
        )
        self.moved = written_since(self._program, self._versions)
        self.moved |= {id(t): t for _, t in tensors(self._program) if _storage(t) in seen.written}
        self.after = standing(self._program, self.fresh)
        self.changed = differing(without(before, self.fresh), self.after)
        return self.after

    def _say(self, places: list[str], drawn: list[Any], seen: _Seen, read: set[str]) -> None:
        program = self._program
        if places:
            self.reason = f"it waits for the card ({places[0]})"
        elif drawn != _drawn_on_host(program):
            self.reason = "it draws random numbers on the host"
        elif seen.fused_dropout:
            self.reason = "it uses torch's fused dropout, whose masks may be others there"
        elif read:
            self.reason = f"it reads the place in the epoch (batches.{min(read)})"
        elif seen.strange:
            self.reason = "it writes to a tensor that the program does not hold"
        else:
            self.reason = unknown(program)


class _Seen(TorchDispatchMode):
    """Whether an operation came by that has not been seen to give the same in a graph: on an H200,
    with torch 2.11, training with `nn.Dropout` did not, for a reason that is not known. And whether
    something was written to that is neither `known` nor was made meanwhile."""

    def __init__(self, known: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.fused_dropout = self.strange = False
        self.written: set[int] = set()
        """Storages that were written to, `tensor.data` or not."""
        self._known = {_storage(tensor) for tensor in known}
        """Of storages. What is made has no other's place that is still there."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.fused_dropout |= func is torch.ops.aten.native_dropout.default
        given = kwargs or {}
        result = func(*args, **given)
        try:
            self._look(func, args, given, result)
        except (AttributeError, RuntimeError, TypeError):  # of a kind that is not known here
            self.strange = True
        return result

    def _look(self, func: Any, args: Any, given: dict[str, Any], result: Any) -> None:
        came = set(map(_storage, flat([args, given])))
        is_constant = func is torch.ops.aten.lift_fresh.default
        self._known |= {
            place for place in map(_storage, flat([result])) if is_constant or place not in came
        }
        places = set(map(_storage, written(func, args, given)))
        self.written |= places
        self.strange |= not places <= self._known


def written(func: Any, args: Any, given: dict[str, Any]) -> Iterator[Tensor]:
    """What an operation that is called so writes to."""
    for argument, value in zip_longest(func._schema.arguments, args):
        if argument.alias_info is not None and argument.alias_info.is_write:
            yield from flat([given.get(argument.name) if value is None else value])


def _storage(tensor: Tensor) -> int:
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):  # a sparse one has none of its own
        return 0


def flat(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, dict):
            yield from flat(value.values())
        elif isinstance(value, list | tuple):
            yield from flat(value)


def _drawn_on_host(program: Program) -> list[Any]:
    """How far the generators are that don't belong to the program's device."""
    kind = program.device.type
    state = random_state(torch.device("cpu"))
    numbers = [state["python"]["internal"].tolist(), state["numpy"]["keys"].tolist()]
    numbers += [state["python"]["gauss"], state["numpy"]["numbers"]]
    if kind != "cpu":
        numbers.append(state["cpu"].tolist())
    return [*numbers, *(pickle.dumps(state_of(each)) for each in generators_on_host(program))]


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
