"""The numbers of optimizers as live knobs: found in the groups, put in force for an update.

What a script and its schedulers write into a group stays there: a knob that was turned is in force
from just before an update to just after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor
from torch.optim.optimizer import Optimizer

from tui_lab.hyperparameters import Float, Hyperparameter, Int, Value

SCALE = "_scale"
"""Ends the name of a knob that multiplies what a schedule gives."""
_KEPT = ("initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum", "swa_lr")
"""What schedulers note down in a group for themselves."""
_SHARES = ("momentum", "dampening", "betas", "alpha", "rho", "lambd", "momentum_decay")
"""Numbers from 0 to 1."""
_HIGHEST = 1e9


@dataclass
class Number:
    """One number of some groups of an optimizer, and what a person has made of it."""

    name: str
    key: str
    groups: Sequence[dict[str, Any]]
    index: int | None = None
    """Its place, where the number is one of several: 1 for the second of `betas`."""
    scheduled: bool = False
    """Whether a scheduler writes it: then a knob multiplies."""
    turned: float | None = None
    """What the knob was turned to; None while it was not."""
    first: float | None = None
    """What it was when it was found."""
    _before: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.first is None:
            self.first = self.value

    @property
    def label(self) -> str:
        """What it is called as a curve."""
        return self.name.removesuffix(SCALE)

    @property
    def has_changed(self) -> bool:
        """Whether it is no more what it was."""
        return self.in_force != self.first

    @property
    def hyperparameter(self) -> Hyperparameter:
        """The knob: for a number that is scheduled, what it is multiplied by."""
        if self.scheduled:
            text = f"multiplies the {self.key} that the script's scheduler gives"
            return Float(self.name, default=1.0, low=0.0, high=1e3, log=True, live=True, help=text)
        text = f"takes the place of the {self.key} of the script's optimizer once it is turned"
        value = self.value
        if isinstance(value, int) and self.key not in (*_SHARES, "lr", "weight_decay", "eps"):
            high = max(100, 100 * value)
            return Int(self.name, default=value, low=0, high=high, log=True, live=True, help=text)
        return _number(self.name, self.key, float(value), text)

    def turn(self, value: Value) -> None:
        """Take another value than the script's, or multiply that by it."""
        assert isinstance(value, int | float)
        self.turned = value

    @property
    def value(self) -> float | int:
        """What the script has it at now, in the first of its groups."""
        return _plain(self._read(self.groups[0]))

    @property
    def in_force(self) -> float:
        """What the next update will use in the first of its groups."""
        if self.turned is None:
            return self.value
        return self.value * self.turned if self.scheduled else self.turned

    @property
    def used(self) -> float:
        """What stands in the first of its groups now, during an update."""
        return float(_plain(self._read(self.groups[0])))

    def put(self) -> None:
        """Put in force what the knob was turned to."""
        self.restore()
        if self.turned is None:
            return
        for group in self.groups:
            before = group[self.key]
            self._before.append(before)
            present = _plain(self._read(group))
            value = present * self.turned if self.scheduled else self.turned
            self._write(group, before, value)

    def restore(self) -> None:
        """Leave the groups as the script had them."""
        for group, before in zip(self.groups, self._before, strict=False):
            group[self.key] = before
        self._before.clear()

    def _read(self, group: Mapping[str, Any]) -> Any:
        value = group[self.key]
        return value if self.index is None else value[self.index]

    def _write(self, group: dict[str, Any], before: Any, value: float) -> None:
        number: Any = int(value) if isinstance(before, int) and value == int(value) else value
        if isinstance(before, Tensor):
            number = before.new_tensor(value)
        if self.index is not None:
            parts = list(before)
            parts[self.index] = number
            number = type(before)(parts)
        group[self.key] = number


def numbers(optimizers: Mapping[str, Optimizer], scheduled: Iterable[int]) -> list[Number]:
    """Every number in the groups of optimizers by their names, `scheduled` those (as their `id`)
    whose lr a scheduler writes. Groups that agree on a number share its knob."""
    found: list[Number] = []
    with_schedule = set(scheduled)
    for name, optimizer in optimizers.items():
        prefix = f"{name}_" if len(optimizers) > 1 else ""
        for number in _of(optimizer, prefix):
            is_scheduled = number.key == "lr" and id(optimizer) in with_schedule
            suffix = SCALE if is_scheduled else ""
            found.append(replace(number, name=number.name + suffix, scheduled=is_scheduled))
    return found


def _of(optimizer: Optimizer, prefix: str) -> Iterator[Number]:
    groups = optimizer.param_groups
    for key in groups[0]:
        if key == "params" or key in _KEPT:
            continue
        for index, label in _parts(key, groups[0][key]):
            sharing = [group for group in groups if _has(group, key, index)]
            whole = Number(f"{prefix}{label}", key, sharing, index)
            values = {_plain(whole._read(group)) for group in sharing}
            if len(values) == 1:
                yield whole
            else:
                for place, group in enumerate(sharing):
                    yield Number(f"{prefix}{label}_{place}", key, [group], index)


def _parts(key: str, value: Any) -> Iterator[tuple[int | None, str]]:
    """The numbers in a value: their places, and what they are called."""
    if _is_number(value):
        yield None, key
    elif isinstance(value, tuple | list) and value and all(map(_is_number, value)):
        for index in range(len(value)):
            yield index, f"{key.removesuffix('s')}{index + 1}"


def _has(group: Mapping[str, Any], key: str, index: int | None) -> bool:
    value = group.get(key)
    return _is_number(value) if index is None else isinstance(value, tuple | list)


def _is_number(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.numel() == 1 and value.is_floating_point()
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> float | int:
    return value.item() if isinstance(value, Tensor) else value


def _number(name: str, key: str, value: float, text: str) -> Float:
    """A knob whose range holds the script's own value and what may be tried instead of it."""
    if key in _SHARES and 0 <= value <= 1:
        return Float(name, default=value, low=0.0, high=1.0, step=0.05, live=True, help=text)
    if not 0 <= value <= _HIGHEST:
        low, high = min(value, -1.0) * 10, max(value, 1.0) * 10
        return Float(name, default=value, low=low, high=high, live=True, help=text)
    high = max(10.0, 100 * value)
    smallest = 10.0 ** math.floor(math.log10(value) - 4) if value else 1e-6
    return Float(
        name,
        default=value,
        low=0.0,
        high=high,
        log=True,
        smallest=smallest,
        live=True,
        help=text,
    )
