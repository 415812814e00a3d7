"""The losses that a script takes backward passes of, told apart by where in its source that is."""

from __future__ import annotations

import re
import weakref
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from tui_lab.worker.script.places import Place, assigned, differentiated, place_of, variable

LOSS = "train/loss"
_NO_NAME = re.compile(r"[^A-Za-z0-9_.]+")


class Losses:
    """Names losses, and gathers those of one step.

    Several backward passes of one loss within a step are micro-batches: the step's loss is their
    mean.
    """

    def __init__(self) -> None:
        self.keys: list[str] = []
        """The metrics there are, in the order in which they came."""
        self._keys: dict[Place | None, str] = {}
        self._of_step: dict[str, list[Tensor]] = {}
        self._scaled: tuple[weakref.ref[Tensor], Tensor] | None = None

    def scaled(self, scaled: Tensor, loss: Tensor) -> None:
        """What goes backward as `scaled` is this loss."""
        self._scaled = weakref.ref(scaled), loss.detach()

    def add(self, root: Tensor, frame: FrameType | None) -> Tensor:
        """A backward pass of `root` begins where a script stands; gives the loss itself, before it
        was scaled or divided."""
        place = place_of(frame)
        loss = self._loss(root, place, frame)
        self._of_step.setdefault(self._key(place), []).append(loss.detach())
        return loss

    def take(self) -> dict[str, Tensor]:
        """The losses of the step that is over, each a scalar."""
        taken, self._of_step = self._of_step, {}
        return {key: _mean(values) for key, values in taken.items()}

    def _key(self, place: Place | None) -> str:
        if place in self._keys:
            return self._keys[place]
        text = differentiated(place) if place is not None else ""
        name = _NO_NAME.sub("_", text.removeprefix("self.")).strip("_.")
        key = LOSS if name.rpartition(".")[2] in ("", "loss") else f"train/{name}"
        if key in self._keys.values() and place is not None:
            key = f"{key}:{place.line}"
        self._keys[place] = key
        self.keys.append(key)
        return key

    def _loss(self, root: Tensor, place: Place | None, frame: FrameType | None) -> Tensor:
        """Of a scaled loss the loss; of an expression the variable that it is about."""
        if self._scaled is not None and self._scaled[0]() is root:
            return self._scaled[1]
        name = differentiated(place) if place is not None else ""
        named = variable(name, frame) if frame is not None else None
        fits = isinstance(named, Tensor) and named.requires_grad and named.shape == root.shape
        return named if fits and isinstance(named, Tensor) else root


class Measured:
    """The values that criteria gave while no gradients were recorded: a validation's means."""

    def __init__(self) -> None:
        self._keys: dict[Place | None, str] = {}
        self._values: dict[str, list[Tensor]] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def add(self, value: Any, frame: FrameType | None) -> None:
        """A criterion gave this, where a script stands."""
        if isinstance(value, Tensor) and value.is_floating_point() and value.numel():
            self._values.setdefault(self._key(place_of(frame)), []).append(value.detach())

    def take(self) -> dict[str, float]:
        """The means since the last time."""
        taken, self._values = self._values, {}
        return {key: _mean(values).item() for key, values in taken.items()}

    def _key(self, place: Place | None) -> str:
        if place not in self._keys:
            name = (assigned(place) if place is not None else "") or "loss"
            key = f"val/{_NO_NAME.sub('_', name)}"
            taken = key in self._keys.values() and place is not None
            self._keys[place] = f"{key}:{place.line}" if taken and place is not None else key
        return self._keys[place]


def _mean(values: list[Tensor]) -> Tensor:
    means = [value if value.ndim == 0 else value.mean() for value in values]
    return means[0] if len(means) == 1 else torch.stack([m.float() for m in means]).mean()
