"""What is random in a population: each member draws what it would draw alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn import init
from torch.overrides import TorchFunctionMode

from tui_lab.training import member_rules
from tui_lab.training.member_numbers import MemberNumbers, PartWays, keep
from tui_lab.training.members import Members, each, member, of, own_place, stacked

assert member_rules  # the rules are there once this is

Function = Callable[..., Any]

_TAKES_GENERATOR = (
    "rand randn randint randperm normal bernoulli multinomial bernoulli_ cauchy_ exponential_ "
    "geometric_ log_normal_ normal_ random_ uniform_"
)
_DRAWS = "rand_like randn_like randint_like"
_FILLED = "zeros ones full empty"
_OF_NUMBERS = (
    "tensor as_tensor asarray scalar_tensor full full_like linspace logspace arange new_full "
    "new_tensor eye"
)


_REQUIRES_GRAD: Any = Tensor.requires_grad


def _named(names: str) -> frozenset[Function]:
    places = (torch, Tensor)
    found = (getattr(place, name, None) for name in names.split() for place in places)
    return frozenset(each for each in found if each is not None)


_GENERATED, _DRAWN, _MADE = _named(_TAKES_GENERATOR), _named(_DRAWS), _named(_FILLED)
_COUNTED = _named(_OF_NUMBERS)
"""What makes tensors of numbers that may be members'."""
_TRAINED = frozenset({Tensor.requires_grad_, _REQUIRES_GRAD.__set__})
_DROPPED = frozenset({F.alpha_dropout, F.dropout1d, F.dropout2d, F.dropout3d})
_STARTS = frozenset(
    getattr(init, name) for name in dir(init) if name.endswith("_") and name[0] != "_"
)


_CPU = torch.device("cpu")


class Generators(torch.Generator):
    """A generator for each member, in the place of one; by itself it is that of the first."""

    members: list[torch.Generator]

    def initial_seed(self) -> int:
        """What all began with; raises `PartWays` where each has a seed of its own."""
        seed, *others = {own.initial_seed() for own in self.members}
        if others:
            raise PartWays(
                "This program asks for the seed of its generator, and each member has its own; "
                "chance.derived() makes a generator of each."
            )
        return seed

    def get_state(self) -> Tensor:
        """How all stand, a row for each."""
        return torch.stack([own.get_state() for own in self.members])

    def set_state(self, new_state: Tensor) -> Generators:
        """Have each stand as its row says."""
        for own, state in zip(self.members, new_state, strict=True):
            own.set_state(state.clone())  # torch reads from where the storage begins
        return self


def generators(seeds: Sequence[int], device: torch.device = _CPU) -> Generators:
    """One for each seed."""
    made = Generators(device)
    made.manual_seed(seeds[0])
    made.members = [torch.Generator(device).manual_seed(seed) for seed in seeds]
    return made


def derived(
    generator: torch.Generator, make: Callable[[torch.Generator], torch.Generator]
) -> torch.Generator:
    """What `make` makes of a generator; of each member's in a population."""
    if not isinstance(generator, Generators):
        return make(generator)
    members = [make(each) for each in generator.members]
    made = Generators(members[0].device)
    torch.Generator.set_state(made, members[0].get_state())
    made.members = members
    return made


class Chances(TorchFunctionMode):
    """In here every member has its own random numbers, and its own of what is made to be filled.

    A tensor of zeros is one that something will be added to: all but what is computed from shared
    numbers alone has a row per member.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device = _CPU) -> None:
        super().__init__()
        self.count = len(seeds)
        self._default = {each.type: generators(seeds, each) for each in {_CPU, device}}
        """Those that torch draws from when it is given none, by where it draws."""

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What is drawn in here of torch's own generators is as if it had not been."""
        before = [(own, own.get_state()) for own in self._default.values()]
        try:
            yield
        finally:
            for own, state in before:
                own.set_state(state)

    def defaults(self, index: int) -> dict[str, torch.Generator]:
        """Those of one member, by the kind of device."""
        return {kind: each.members[index] for kind, each in self._default.items()}

    def __torch_function__(
        self,
        func: Function,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in _GENERATED:
            return self._drawn(func, args, dict(kwargs))
        if func in _COUNTED and _holds_members((*args, *kwargs.values())):
            return each(func, args, kwargs, self.count)
        if func in _MADE or (func in _COUNTED and kwargs.get("requires_grad")):
            return self._made(func, args, kwargs)
        if func in _TRAINED and all((*args[1:], *kwargs.values())):
            own_place(args[0])  # its gradient would be the sum of everybody's
        if func is F.dropout:
            return self._dropout(*args, **kwargs)
        if func in _DRAWN or func in _DROPPED or func in _STARTS:
            return self._swapped(func, args, kwargs)
        for value in (*args, *kwargs.values()):
            if type(value) is MemberNumbers:
                return Members.__torch_function__(func, types, args, kwargs)
            keep(value)
        return func(*args, **kwargs)

    def _drawn(self, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        source = kwargs.get("generator")
        source = self._default_for(args, kwargs) if source is None else source
        if not isinstance(source, Generators):  # one of the program's own, the same for all
            return self._drawn_alike(func, args, kwargs)
        _own_what_is_filled(func, args, kwargs)
        kwargs["generator"] = source
        results = [func(*_owned(args, k), **_owned(kwargs, k)) for k in range(self.count)]
        return args[0] if _is_in_place(func) else stacked(results)

    def _drawn_alike(self, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Every member draws the same, as each would alone."""
        if not _holds_members((*args, *kwargs.values())):
            return func(*args, **kwargs)
        source, results = kwargs["generator"], []
        before = source.get_state()
        for k in range(self.count):
            source.set_state(before)
            results.append(func(*_owned(args, k), **_owned(kwargs, k)))
        return args[0] if _is_in_place(func) else stacked(results)

    def _default_for(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Generators:
        """Torch's own where something is drawn, or filled."""
        where = kwargs.get("device")
        if where is None:
            where = next((each.device for each in args if isinstance(each, Tensor)), _CPU)
        return self._default[torch.device(where).type]

    def _made(self, func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        made = func(*args, **kwargs)
        if type(made) is not Tensor:
            return made
        each_has = of(made.detach().expand(self.count, *made.shape).clone())
        return each_has.requires_grad_(made.requires_grad)

    def _dropout(
        self,
        input: Tensor,  # noqa: A002 (torch's name for it)
        p: Any = 0.5,
        training: bool = True,
        inplace: bool = False,
    ) -> Tensor:
        """As torch's own on a CPU: what is kept is drawn with 1 − p and divided by it."""
        if not training:
            return input
        kept = [self._kept(member(input, k), k, member(p, k)) for k in range(self.count)]
        return input * of(torch.stack(kept))

    def _kept(self, values: Tensor, k: int, p: float) -> Tensor:
        kept = torch.ones_like(values.detach())
        if 0 < p < 1:
            default = self._default[kept.device.type].members[k]
            kept.bernoulli_(1 - p, generator=default).div_(1 - p)
        return kept if p < 1 else kept.zero_()

    def _swapped(self, func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """One member after another, with torch's own generators standing where the member's do."""
        _own_what_is_filled(func, args, kwargs)
        results = []
        for k in range(self.count):
            with self._standing(k):
                results.append(func(*_owned(args, k), **_owned(kwargs, k)))
        if _is_in_place(func):
            return args[0] if args else next(iter(kwargs.values()))
        return stacked(results)

    @contextmanager
    def _standing(self, k: int) -> Iterator[None]:
        """In here torch's default generators, wherever they draw, are those of one member."""
        own = [(each.device, each.members[k]) for each in self._default.values()]
        before = [_exchanged(device, generator.get_state()) for device, generator in own]
        try:
            yield
        finally:
            for (device, generator), state in zip(own, before, strict=True):
                generator.set_state(_exchanged(device, state))


def _exchanged(device: torch.device, state: Tensor) -> Tensor:
    """Have the default generator of a device stand so; gives how it stood."""
    if device.type == "cpu":
        before = torch.get_rng_state()
        torch.set_rng_state(state)
    else:
        before = torch.cuda.get_rng_state(device)
        torch.cuda.set_rng_state(state, device)
    return before


def _is_in_place(func: Function) -> bool:
    return func.__name__.endswith("_")


def _own_what_is_filled(func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    if _is_in_place(func):
        own_place(args[0] if args else next(iter(kwargs.values())))


def _owned(value: Any, k: int) -> Any:
    """What one member is given."""
    if isinstance(value, Generators):
        return value.members[k]
    if type(value) in (tuple, list):
        return type(value)(_owned(part, k) for part in value)
    if type(value) is dict:
        return {key: _owned(part, k) for key, part in value.items()}
    keep(value)
    return member(value, k)


def _holds_members(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_holds_members, value))
    return isinstance(value, Members | MemberNumbers)
