"""A program that is many runs at once, and each of these runs as a program of its own."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.chance import Chances, Generators, generators
from tui_lab.training.generators import HostDraws
from tui_lab.training.member_numbers import MemberNumbers, PartWays, numbers
from tui_lab.training.members import Members, member
from tui_lab.training.preparation import batches_of, prepare
from tui_lab.training.program import Program, forget_step, turn
from tui_lab.training.state import State, capture, restore

_SHARED = (
    Tensor,
    torch.Generator,
    MemberNumbers,
    Program,
    FunctionType,
    BuiltinFunctionType,
    ModuleType,
    type,
)
"""What is not copied for a member: it is its own, or everybody's."""


class Population:
    """The runs of one program class with these hyperparameters and seeds, built as one program.

    Whatever that program does has to be done within `chances`.
    """

    def __init__(
        self,
        chosen: type[Program],
        hyperparameters: Sequence[Hyperparameters],
        seeds: Sequence[int],
        *,
        device: torch.device,
        data: str = "",
    ) -> None:
        self.chances = Chances(seeds, device)
        self._values = [dict(each) for each in hyperparameters]
        self.program = chosen(hyperparameters[0], seed=seeds[0], device=device, data=data)
        self.program.generator = generators(seeds)
        self.program.members = len(seeds)
        for name in hyperparameters[0]:
            setattr(self.program.hp, name, self._together(name))
        self._host = HostDraws()
        with self.chances:
            self.program.build()
            _refuse_unless_state(batches_of(self.program))
            prepare(self.program)
        _refuse_shared(self.program)
        self.check()

    def check(self) -> None:
        """Raises `PartWays` where the program has drawn from a generator that its members share:
        what was drawn is of none of them."""
        if self._host:
            raise PartWays(
                "This program draws random numbers from numpy's default generator, or from "
                "Python's, of which there is one for all members."
            )

    def __len__(self) -> int:
        return len(self._values)

    def values(self, index: int) -> Mapping[str, Any]:
        """The hyperparameters of one member as they are now."""
        return self._values[index]

    def turn(self, index: int, values: Mapping[str, Any], rehearse: Callable[[], object]) -> None:
        """Give one member other numbers; no step is under way. Where the program raises at that,
        or in `rehearse`, all is as before."""
        own, state = dict(self._values[index]), capture(self.program)
        self._values[index].update(values)
        try:
            with self.chances:
                for name in values:
                    turn(self.program, name, self._together(name))
            turned = capture(self.program)
            with self.chances.kept():
                rehearse()
        except Exception:
            self._values[index] = own
            self._go_back(state)
            raise
        self._go_back(turned)

    def _go_back(self, state: State) -> None:
        forget_step(self.program)
        restore(self.program, state)

    def member(self, index: int) -> Program:
        """One run as a program by itself: its rows of what all have, and what they share."""
        return self.members([index])[0]

    def members(self, indices: Sequence[int]) -> list[Program]:
        """The same for several of them."""
        kept: list[Any] = []
        copied = _copied(self.program, kept)
        return [_Own(copied, kept, index, self.program).whole() for index in indices]

    def _together(self, name: str) -> Any:
        """What all members have as their value, or the number that each has."""
        values: list[Any] = [each[name] for each in self._values]
        if all(value == values[0] for value in values):
            return values[0]
        return numbers(values, self.program.device)


def _refuse_unless_state(batches: Any) -> None:
    """Batches of all members say where they stand: each could go on by itself. Those of a loader
    are drawn for one run."""
    if not (hasattr(batches, "state_dict") and hasattr(batches, "load_state_dict")):
        raise PartWays(
            f"The batches of this program are a {type(batches).__name__}, which gives those of one "
            "run; members of a population take theirs from Batches."
        )


def _refuse_shared(program: Program) -> None:
    """Raises `PartWays` for what is trained and one for all: its gradient would be the sum of
    everybody's."""
    held = vars(program).items()
    modules = [value for _, value in held if isinstance(value, nn.Module)]
    found = {name: value for name, value in held if isinstance(value, Tensor)}
    found |= dict(program.parameters())
    found |= {name: p for module in modules for name, p in module.named_parameters()}
    for name, tensor in found.items():
        if tensor.requires_grad and not isinstance(tensor, Members):
            raise PartWays(f"{name} is one tensor for all members, and each would train it.")


def _copied(program: Program, kept: list[Any]) -> bytes:
    """The program as bytes, but for what is `kept` beside them."""
    places: dict[int, int] = {}

    class Copier(pickle.Pickler):
        def persistent_id(self, value: Any) -> int | None:
            if not isinstance(value, _SHARED):
                return None
            if id(value) not in places:
                places[id(value)] = len(kept)
                kept.append(value)
            return places[id(value)]

    stream = io.BytesIO()
    Copier(stream, protocol=pickle.HIGHEST_PROTOCOL).dump(vars(program))
    return stream.getvalue()


class _Own(pickle.Unpickler):
    """Reads what was copied as it is for one member."""

    def __init__(self, copied: bytes, kept: Sequence[Any], index: int, program: Program) -> None:
        super().__init__(io.BytesIO(copied))
        self._program = program
        self._alone: Program = object.__new__(type(program))
        self._kept = kept
        self._index = index
        self._made: dict[int, Any] = {}

    def persistent_load(self, place: int) -> Any:
        if place not in self._made:
            self._made[place] = self._own(self._kept[place])
        return self._made[place]

    def whole(self) -> Program:
        """The program of that member."""
        vars(self._alone).update(self.load(), members=1)
        return self._alone

    def _own(self, value: Any) -> Any:
        if value is self._program:
            return self._alone
        if isinstance(value, Generators):
            return value.members[self._index].clone_state()
        if isinstance(value, MemberNumbers):
            return member(value, self._index)
        return _row(value, self._index) if isinstance(value, Members) else value


def _row(value: Members, index: int) -> Tensor:
    """A member's tensor, with its gradient where it is a leaf."""
    own: Tensor = member(value, index).detach()
    if isinstance(value, nn.Parameter):
        own = nn.Parameter(own, value.requires_grad)
    own.requires_grad_(value.requires_grad)
    if value.is_leaf and value.grad is not None:
        own.grad = member(value.grad, index)
    return own
