"""Whether a recording of a step gives what the step gives, to the last bit: both are done, from
where the program stands and with the same batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from tui_lab.training.program import Program
from tui_lab.worker.captured.held import generators, tensors
from tui_lab.worker.captured.ring import Row
from tui_lab.worker.captured.untouched import Gradients, gradients

STEPS = 2
"""In a row whose recording must give the same: what a step counts outside its program is another at
the second."""


class Proof:
    """One step, first by its recording, whose work is then undone, and then as ever."""

    def __init__(self, program: Program, written: Iterable[Tensor]) -> None:
        """`written` is what the step writes to, of what the program holds; and to gradients."""
        self._program = program
        self._written = {id(tensor) for tensor in written}
        self._begin = list(self._all())
        self._values = [tensor.detach().clone() for _, tensor in self._begin]
        self._generators = list(_generators(program))
        self._states = [generator.get_state() for generator in self._generators]
        self._found: dict[str, Tensor] = {}

    def replayed(self, made: Gradients, row: Row) -> None:
        """The recording was replayed; it made these gradients, and said what is in this row. All is
        as before then."""
        self._found = self._contents({id(leaf): gradient for leaf, gradient in made}, row)
        with torch.no_grad():
            for (_, tensor), value in zip(self._begin, self._values, strict=True):
                tensor.copy_(value)
        for generator, state in zip(self._generators, self._states, strict=True):
            generator.set_state(state)

    def differing(self, row: Row) -> str:
        """The step was taken as ever, and said this: what of it was another by the recording; empty
        where nothing was."""
        now = self._contents({}, row)
        for name in (*self._found, *now):
            one, other = self._found.get(name), now.get(name)
            if one is None or other is None or not _are_same(one, other):
                return name.split("\n")[0]
        return ""

    def _contents(self, made: dict[int, Tensor | None], row: Row) -> dict[str, Tensor]:
        found = {}
        for name, tensor in self._all(made):
            found[f"{name}\n{len(found)}"] = tensor.detach().clone()
        for generator in self._generators:
            found[f"a generator\n{len(found)}"] = generator.get_state()
        return {**found, **{key: value.clone() for key, value in row.items()}}

    def _all(self, made: dict[int, Tensor | None] | None = None) -> Iterator[tuple[str, Tensor]]:
        """What is written to, and all gradients, or instead those that were `made`; and names."""
        names = {id(tensor): name for name, tensor in self._program.parameters().items()}
        for name, tensor in tensors(self._program):
            if id(tensor) in self._written:
                yield names.get(id(tensor), name), tensor
        for leaf, gradient in gradients(self._program):
            if (gradient := (made or {}).get(id(leaf), gradient)) is not None:
                yield f"the gradient of {names.get(id(leaf), 'a tensor')}", gradient


def _generators(program: Program) -> Iterator[torch.Generator]:
    """Those of the program's device, its own and the default one."""
    kind = program.device
    own = (g for g in generators(program) if isinstance(g, torch.Generator))
    yield from (generator for generator in own if generator.device.type == kind.type)
    if kind.type == "cuda":
        yield torch.cuda.default_generators[kind.index or 0]
    elif kind.type == "cpu":
        yield torch.default_generator


def _are_same(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return bool(((one == other) | ((one != one) & (other != other))).all())
