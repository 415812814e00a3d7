"""Whether a recording of a program's work gives what the work gives, to the last bit: both are
done, from where the program stands and with the same batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn

from tui_lab.training.program import Program
from tui_lab.worker.captured.card import NotRecorded, Recording
from tui_lab.worker.captured.held import IN_PROGRESS, generators_on_card, tensors
from tui_lab.worker.captured.ring import Row
from tui_lab.worker.captured.untouched import Gradients, gradients

_HOST = torch.device("cpu")
_SMALL = 1 << 24
"""Bytes of a tensor that is copied and compared although nobody saw it written to."""
STEPS = 2
"""In a row whose recording must give the same: what a step counts outside its program is another at
the second."""


class Proof:
    """Work that is done by its recording first, then undone, and then done as ever."""

    def __init__(self, program: Program, written: Iterable[Tensor]) -> None:
        """`written` is what the work is known to write to, of what the program holds. Raises
        `NotRecorded`, with nothing done, where that can't be put back."""
        self._program = program
        self._written = {id(tensor) for tensor in written}
        self._generators = list(_generators(program))
        self._found: list[tuple[str, Tensor]] = []
        """What the recording came to, on the host: the memory of the card is the work's."""
        try:
            self._kept = [(tensor, tensor.detach().clone()) for _, tensor in self._all({})]
            self._states = [generator.get_state() for generator in self._generators]
            self._put_back()  # so it is seen before anything is done that it can be
        except Exception as error:  # no room for two, or memory that lies in itself
            raise NotRecorded(_words("keeping", error)) from error

    def replay(self, recording: Recording, made: Gradients, said: Callable[[], Row]) -> None:
        """Have the recording done, which makes these gradients anew, and gives what is `said` then.
        All is as before afterwards. Raises `NotRecorded`."""
        anew = {id(leaf): gradient for leaf, gradient in made}
        try:
            recording.replay()
            come_to = self._come_to(anew, said())
            self._found = [(name, t.detach().to(_HOST, copy=True)) for name, t in come_to]
        except Exception as error:
            raise NotRecorded(_words("replaying", error)) from error
        finally:
            self._put_back()
            self._kept = []

    def differing(self, row: Row) -> str:
        """The work was done as ever, and gave this: what of it was another by the recording; empty
        where nothing was. Raises `NotRecorded`."""
        try:
            now = list(self._come_to({}, row))
            for (name, one), (_, other) in zip(self._found, now, strict=False):
                if not _are_same(one, other.detach().to(_HOST)):
                    return name
            return "" if len(now) == len(self._found) else "what it holds"
        except Exception as error:
            raise NotRecorded(_words("comparing", error)) from error

    def _put_back(self) -> None:
        for tensor, value in self._kept:
            tensor.data.copy_(value)  # which torch need not count: all is as it was
        for generator, state in zip(self._generators, self._states, strict=True):
            generator.set_state(state)

    def _come_to(self, made: dict[int, Tensor | None], row: Row) -> Iterator[tuple[str, Tensor]]:
        yield from self._all(made)
        for generator in self._generators:
            yield "a generator", generator.get_state()
        yield from sorted(row.items())

    def _all(self, made: dict[int, Tensor | None]) -> Iterator[tuple[str, Tensor]]:
        """What may be written to, and all gradients, or instead those that were `made`; and
        names."""
        names = {id(tensor): name for name, tensor in self._program.parameters().items()}
        for name, tensor in tensors(self._program):
            if id(tensor) in self._written or self._may_change(name, tensor):
                yield names.get(id(tensor), name), tensor
        for leaf, gradient in gradients(self._program):
            if (gradient := made.get(id(leaf), gradient)) is not None:
                yield f"the gradient of {names.get(id(leaf), 'a tensor')}", gradient

    def _may_change(self, name: str, tensor: Tensor) -> bool:
        """Whether a tensor that is an attribute of this name, or part of one, may be written to by
        a kernel that torch knows nothing of; data sets are not."""
        if tensor.device.type != self._program.device.type or tensor.layout is not torch.strided:
            return False
        if name in IN_PROGRESS | self._program.unread or 0 in tensor.stride():
            return False  # it is made anew, or lies in itself
        holder = vars(self._program).get(name)
        is_trained = tensor.requires_grad or isinstance(holder, nn.Module | torch.optim.Optimizer)
        return is_trained or tensor.nbytes <= _SMALL


def _generators(program: Program) -> Iterator[torch.Generator]:
    """Those of the program's device, its own and the default one."""
    device = program.device
    yield from generators_on_card(program)
    if device.type == "cuda":
        yield torch.cuda.default_generators[device.index or 0]
    else:
        yield torch.default_generator


def _are_same(one: Tensor, other: Tensor) -> bool:
    return (
        one.shape == other.shape
        and one.dtype == other.dtype
        and torch.equal(_bits(one), _bits(other))
    )


def _bits(tensor: Tensor) -> Tensor:
    return tensor.reshape(-1).contiguous().view(torch.uint8)


def _words(doing: str, error: Exception) -> str:
    return f"{doing} its numbers gives {type(error).__name__}: {str(error).partition(chr(10))[0]}"
