"""A program that is many runs at once, and each of these runs as a program of its own."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, Sequence
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.chance import Chances, Generators, generators
from tui_lab.training.member_numbers import MemberNumbers, numbers
from tui_lab.training.members import Members, member
from tui_lab.training.program import Program, turn

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
        with self.chances:
            self.program.build()

    def __len__(self) -> int:
        return len(self._values)

    def values(self, index: int) -> Mapping[str, Any]:
        """The hyperparameters of one member as they are now."""
        return self._values[index]

    def turn(self, index: int, name: str, value: Any) -> None:
        """Give one member another number; no step is under way."""
        self._values[index][name] = value
        with self.chances:
            turn(self.program, name, self._together(name))

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
