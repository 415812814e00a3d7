"""What is known of a script's training: its optimizers, what they train, its knobs and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType
from typing import Any

from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import Optimizer

from tui_lab.experiment import Experiment, Picture
from tui_lab.hyperparameters import Value
from tui_lab.watching import Script
from tui_lab.worker.script.declaring import declared
from tui_lab.worker.script.knobs import Knobs
from tui_lab.worker.script.modules import Found, leaves_of
from tui_lab.worker.script.own_knobs import OwnKnob

_OF_KNOBS = 4
"""The signs, the first of all, that what can be turned is no more the same."""


class Finding:
    """Grows while a script goes on; `is_new` once there is more than was told."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._optimizers: list[Optimizer] = []
        self._scheduled: set[int] = set()
        self._turned: dict[str, Value] = {}
        self._leaves: list[Tensor] = []
        self._known: tuple[int, ...] = ()
        self.found = Found([], None)
        self.knobs = Knobs(self.found, ())
        self.losses: list[str] = []
        self.measured: list[str] = []
        self.told: list[str] = []
        """The keys of what the script logs itself."""
        self.drawn: dict[str, Picture] = {}
        """The pictures that it draws, by title."""
        self.own: dict[str, OwnKnob] = {}
        """The knobs that it asks for, by name."""
        self.watched: dict[str, nn.Module] = {}
        """The modules that it speaks of, by name."""

    def made(self, found: Optimizer | LRScheduler) -> None:
        """The script has made an optimizer or a scheduler."""
        if isinstance(found, Optimizer):
            self._optimizers.append(found)
        else:
            self._scheduled.add(id(_unwrapped(found.optimizer)))

    def used(self, optimizer: Optimizer) -> None:
        """An optimizer updates, whether or not it was seen being made."""
        if not any(each is optimizer for each in self._optimizers):
            self._optimizers.append(optimizer)

    @property
    def is_known(self) -> bool:
        """Whether anything is known to be trained."""
        return bool(self.found.parameters)

    @property
    def optimizers(self) -> int:
        """How many there are."""
        return len(self._optimizers)

    @property
    def trains(self) -> bool:
        """Whether there are updates to come, or were some."""
        return bool(self._optimizers) or self.is_known

    @property
    def is_new(self) -> bool:
        """Whether there is more than at the last look; asked several times in every step."""
        return self._known != self._signs

    @property
    def _signs(self) -> tuple[int, ...]:
        """What a look depends on."""
        return (
            sum([len(optimizer.param_groups) for optimizer in self._optimizers]),
            len(self._scheduled),
            len(self.own),
            len(self.watched),
            len(self.losses),
            len(self.measured),
            len(self.told),
            len(self.drawn),
            len(self.knobs.rates.curves),
        )

    def depends(self, loss: Tensor) -> None:
        """A loss goes backward, of a script that has no optimizer: what it hangs on is trained."""
        if not self._leaves:
            self._leaves = leaves_of(loss)

    def look(self, frame: FrameType | None) -> None:
        """Find out what there is, and what the script calls it where it stands."""
        if self._known[:_OF_KNOBS] != self._signs[:_OF_KNOBS]:
            self.knobs.after_update()
            self.found = Found(self._optimizers, frame, self.watched, self._leaves)
            own = list(self.own.values())
            self.knobs = Knobs(self.found, self._scheduled, self._turned, own)
        self._known = self._signs

    def turn(self, name: str, value: Value) -> None:
        """A knob was turned."""
        self._turned[name] = value
        self.knobs.turn(name, value)

    @property
    def values(self) -> Mapping[str, Any]:
        """What its knobs are at."""
        known = self.knobs.values
        return known | {name: value for name, value in self._turned.items() if name in known}

    @property
    def experiment(self) -> Experiment:
        """As a declaration."""
        drawn = tuple(self.drawn.values())
        return declared(self._script, self.knobs, self.losses, self.measured, self.told, drawn)


def _unwrapped(optimizer: Optimizer) -> Optimizer:
    """The optimizer that others which look like one stand before: Accelerate's, Lightning's."""
    inner = getattr(optimizer, "optimizer", None)
    return _unwrapped(inner) if isinstance(inner, Optimizer) else optimizer
