"""Everything of a script that can be turned while it trains, as hyperparameters with their values.

A knob that nobody turned changes nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from tui_lab.hyperparameters import Flag, Float, Hyperparameter, Value
from tui_lab.worker.script.modules import Found
from tui_lab.worker.script.numbers import Number, numbers

_OFTEN = 16
"""Updates between two looks at whether the script itself writes a number."""
_MOST_LAYERS = 12
"""Switches in a row; deeper models have one for each of their larger parts."""
_CLIP = Float(
    "clip",
    default=0.0,
    low=0.0,
    high=1e6,
    log=True,
    smallest=1e-3,
    live=True,
    help="the norm that all gradients of an update are scaled down to before it; 0: as they are",
)


class Knob(Protocol):
    """One of them."""

    @property
    def hyperparameter(self) -> Hyperparameter:
        """Its name, domain, and as its default the script's own value."""

    def turn(self, value: Value) -> None:
        """Take a new value, in force from the next update on."""


class Knobs:
    """The knobs of what was found in a script, and what they do around each update."""

    def __init__(
        self,
        found: Found,
        scheduled: Iterable[int],
        turned: Mapping[str, Value] | None = None,
        own: Sequence[Knob] = (),
    ) -> None:
        """`scheduled` are the optimizers (as their `id`) that have a scheduler; `turned` is what
        was turned before now; `own` are what the script asks for, before others of their names."""
        self.numbers = numbers(found.optimizers, scheduled)
        self._in_force: list[Number] = []
        """Those that were turned."""
        self.rates = Rates(self.numbers)
        self._clip = Clip()
        clips = [self._clip] if found.optimizers else []
        self._freezes = list(_freezes(found)) if found.optimizers else []
        dropouts = list(_dropouts(found))
        knobs: list[Knob] = [*own, *self.numbers, *clips, *dropouts, *self._freezes]
        self._knobs = {knob.hyperparameter.name: knob for knob in reversed(knobs)}
        knobs = [knob for knob in knobs if self._knobs[knob.hyperparameter.name] is knob]
        self.hyperparameters = tuple(knob.hyperparameter for knob in knobs)
        groups = {"the script's": own, "optimizer": self.numbers, "gradients": clips}
        groups |= {"dropout": dropouts, "freeze": self._freezes}
        self.headings = _headings(groups, knobs)
        for name, value in (turned or {}).items():
            self.turn(name, value)

    @property
    def values(self) -> dict[str, Value]:
        """What the script itself has them at."""
        return {each.name: each.default for each in self.hyperparameters}

    def turn(self, name: str, value: Value) -> None:
        """Give a knob a new value; one that is gone is passed over."""
        if name in self._knobs:
            self._knobs[name].turn(value)
            self._in_force = [number for number in self.numbers if number.turned is not None]
            self.rates.look()

    def before_update(self, optimizer: Optimizer) -> None:
        """Put in force what was turned; all gradients are there."""
        for freeze in self._freezes:
            freeze.hold()
        self._clip.scale(optimizer)
        for number in self._in_force:
            number.put()

    def after_update(self) -> None:
        """What belongs to the script is as it had it."""
        for number in self._in_force:
            number.restore()


class Rates:
    """The numbers that are curves: learning rates, and others once they change."""

    def __init__(self, numbers: Sequence[Number]) -> None:
        self._numbers = numbers
        self._updates = 0
        self._said: dict[str, Tensor] = {}
        self.curves: dict[str, Number] = {}
        """By metric."""
        self.look()

    def look(self) -> None:
        """See which have changed."""
        self.curves = {
            f"optimizer/{number.label}": number
            for number in self._numbers
            if number.key == "lr" or number.has_changed
        }

    def take(self) -> dict[str, Tensor]:
        """What the update under way uses."""
        self._updates += 1
        if self._updates % _OFTEN == 0:
            self.look()
        for key, number in self.curves.items():
            used, said = number.used, self._said.get(key)
            if said is None or said.item() != used:  # most stay as they are for many steps
                self._said[key] = torch.tensor(used, dtype=torch.float64, device="cpu")
        return {key: self._said[key] for key in self.curves}


class Clip:
    """Scales the gradients of an update down to a norm."""

    hyperparameter = _CLIP

    def __init__(self) -> None:
        self._norm = 0.0

    def turn(self, value: Value) -> None:
        self._norm = _float(value)

    def scale(self, optimizer: Optimizer) -> None:
        """Scale the gradients that `optimizer` is about to use."""
        if self._norm:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, self._norm)


class Dropout:
    """The share that some modules drop."""

    def __init__(self, name: str, modules: Sequence[nn.Module]) -> None:
        self.hyperparameter = Float(
            name,
            default=float(vars(modules[0])["p"]),
            low=0.0,
            high=1.0,
            step=0.05,
            live=True,
            help="the share that is dropped while training",
        )
        self._modules = modules

    def turn(self, value: Value) -> None:
        for module in self._modules:
            vars(module)["p"] = _float(value)


class Freeze:
    """Keeps the parameters of a layer where they are: an optimizer passes those over that have no
    gradient."""

    def __init__(self, layer: str, parameters: Sequence[Tensor]) -> None:
        text = f"keeps the {len(parameters)} parameters of {layer} where they are"
        name = f"freeze_{layer.replace('.', '_')}"
        self.hyperparameter = Flag(name, default=False, live=True, help=text)
        self._parameters = parameters
        self._is_on = False

    def turn(self, value: Value) -> None:
        self._is_on = bool(value)

    def hold(self) -> None:
        """Take their gradients away, if it is on."""
        if self._is_on:
            for parameter in self._parameters:
                parameter.grad = None


def _dropouts(found: Found) -> Iterable[Dropout]:
    """One knob for all modules that drop the same share, or one for each share."""
    by_share: dict[float, list[tuple[str, nn.Module]]] = {}
    for name, module in found.dropouts():
        by_share.setdefault(vars(module)["p"], []).append((name, module))
    for named in by_share.values():
        name = "dropout" if len(by_share) == 1 else f"dropout_{named[0][0].replace('.', '_')}"
        yield Dropout(name, [module for _, module in named])


def _freezes(found: Found) -> Iterable[Freeze]:
    layers = found.layers()
    depth = max((name.count(".") for name in layers), default=0)
    while len(layers) > _MOST_LAYERS and depth:
        layers = _folded(layers, depth)
        depth -= 1
    if 1 < len(layers) <= _MOST_LAYERS:
        for name, parameters in layers.items():
            yield Freeze(name, parameters)


def _folded(layers: Mapping[str, list[Tensor]], depth: int) -> dict[str, list[Tensor]]:
    """Layers whose names have no more than so many parts, each with all that lies in it."""
    folded: dict[str, list[Tensor]] = {}
    for name, parameters in layers.items():
        folded.setdefault(".".join(name.split(".")[:depth]), []).extend(parameters)
    return folded


def _headings(groups: Mapping[str, Sequence[Knob]], shown: Sequence[Knob]) -> dict[str, str]:
    """The headings of groups by the first of each that is shown."""
    ids = {id(knob) for knob in shown}
    firsts = {
        heading: next((knob for knob in knobs if id(knob) in ids), None)
        for heading, knobs in groups.items()
    }
    return {knob.hyperparameter.name: text for text, knob in firsts.items() if knob is not None}


def _float(value: Value) -> float:
    assert isinstance(value, int | float)
    return float(value)
