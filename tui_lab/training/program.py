"""The contract between an experiment's PyTorch and the loop that drives it.

A program builds its data and parameters, takes one optimizer step as a generator, and measures
itself. It neither prints, draws nor writes files, and it has no loop of its own.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from tui_lab.errors import ExperimentError
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.knobs import hand_on
from tui_lab.training.phase import BACKWARD, FORWARD, UPDATE, ZERO_GRAD, Phase

Pictures = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Title of a declared picture -> layer -> data, as described in `tui_lab.experiment`."""


class Values(SimpleNamespace):
    """The chosen values of hyperparameters, under their names."""


class Program(ABC):
    """The torch side of an experiment.

    Everything a program needs to go on lives on the object between two steps (tensors, modules,
    optimizers, generators, batches, plain values), so that `training.state` can capture and
    restore it bit for bit. Attributes that start with an underscore are not state.
    """

    batches: Any
    """Made by `build`; gives the mini-batches of an epoch, each time it is gone through: `Batches`,
    a DataLoader, a list, or a function that begins a generator. `training.passes` keeps the place
    in the epoch; of a generator that is given itself, there is none to go back to."""
    record_names: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """For each vector given to `record`: the metric keys of its components."""
    unread: frozenset[str] = frozenset()
    """Attributes that neither `step` nor `evaluate` reads, such as what is kept to be drawn: they
    may change without a step being recorded anew for a card."""

    def __init__(
        self, hyperparameters: Hyperparameters, *, seed: int, device: torch.device, data: str = ""
    ) -> None:
        self.hp = Values(**hyperparameters)
        """The chosen values; a live one changes here between two steps."""
        self.device = device
        self.generator = torch.Generator().manual_seed(seed)
        """The one source of data, parameters and batch order; on the CPU, so that every device
        starts from the same numbers."""
        self.data_directory = data
        self.loss: Tensor | None = None
        """The loss of the step in progress, as `forward` was given it; still on its graph."""
        self.micro_losses: list[Tensor] = []
        """The losses that were given before it in this step."""
        self.records: dict[str, Any] = {}
        """What `record` was given in the step in progress: tensors, or plain numbers."""
        self.members = 1
        """How many runs this is at once: what takes memory for each may go in smaller parts."""
        self.turned: dict[str, Any] = {}
        """While a hyperparameter is being turned: what it was before."""

    @abstractmethod
    def build(self) -> None:
        """Make data, parameters and `self.batches`; all randomness from `self.generator`, or from
        torch's default generator, which is seeded too."""

    @abstractmethod
    def step(self, batch: Any) -> Iterator[Phase]:
        """Take one optimizer step, yielding after each phase of it."""

    @abstractmethod
    def evaluate(self) -> Mapping[str, float | Tensor]:
        """The whole-set metrics now, by key; called in no_grad after every epoch, or every
        `evaluate_every` steps, and on demand."""

    @abstractmethod
    def parameters(self) -> Mapping[str, Tensor]:
        """The trained tensors by name (`w`, `b`, or a module's dotted names)."""

    def step_source(self) -> Callable[..., Any]:
        """The function a reader should see as this program's step, when `step` only chooses."""
        return self.step

    @property
    def epochs(self) -> int:
        """How many epochs to train, at most; without a hyperparameter `epochs`, as many as
        `total_steps` take."""
        if self.total_steps:
            return int(vars(self.hp).get("epochs", sys.maxsize))
        return int(self.hp.epochs)

    @property
    def total_steps(self) -> int:
        """How many steps to train, at most, wherever in an epoch; 0: as many as the epochs have."""
        return 0

    @property
    def evaluate_every(self) -> int:
        """Steps from one `evaluate` to the next, besides after the last; 0: after every epoch."""
        return 0

    @property
    def done(self) -> bool:
        """Whether training is over before that; asked after every epoch and measurement."""
        return False

    def epoch_ended(self) -> None:
        """Every batch of an epoch was taken: the place for what goes on epoch by epoch, such as
        `self.scheduler.step()`. Comes before `evaluate`, which is called on demand too."""

    def finish(self) -> bool:
        """Training is over, after all epochs or because it is `done`: leave what is to be kept.

        Returns whether the parameters are others now, which are then measured once more.
        """
        return False

    def pictures(self) -> Pictures:
        """Data for the declared pictures that are not curves; called after `evaluate`, at most a
        few times a second, less often if they take long, and at the end. Only layers that changed
        need be given."""
        return {}

    def start_pictures(self) -> Pictures:
        """Layers that never change during the run (data points, true values), logged once."""
        return {}

    def hyperparameter_changed(self, name: str) -> None:
        """A live hyperparameter has a new value in `self.hp`; hand it to whatever holds a copy.

        Unless this is overridden, `lr`, `weight_decay`, `momentum` and whatever else is in the
        groups of the program's optimizer is handed to it, if it has just one.
        """
        old, new = self.turned.get(name), vars(self.hp)[name]
        if hand_on(vars(self).values(), name, old, new):
            getattr(self.hp, name)  # so it is heeded

    def forward(self, loss: Tensor | float) -> Phase:
        """After the forward pass: `loss` without penalty, a scalar or one value per example,
        becomes this step's `train/loss` (its mean). Of micro-batches, each of which says its own in
        one step, it is the mean of all. Losses of several kinds go to `record`.

        Raises `ExperimentError` for what is no number.
        """
        if not (isinstance(loss, Tensor) or loss is None):
            loss = _number(loss)
        if self.loss is not None:
            self.micro_losses.append(self.loss.detach())
        self.loss = loss
        return FORWARD

    def backward(self) -> Phase:
        """After the backward pass: every `.grad` is there to see."""
        return BACKWARD

    def update(self) -> Phase:
        """After the parameters moved."""
        return UPDATE

    def zero_grad(self) -> Phase:
        """After the gradients were zeroed, or would have been."""
        return ZERO_GRAD

    def record(self, key: str, value: Tensor | float) -> None:
        """Log a scalar of this step under `key`, or a vector under the keys that `record_names`
        gives its components.

        A tensor must not change afterwards (a copy or a result, not a parameter); it stays on its
        device until a whole block is copied. Vectors hold parameters: the first step at which
        one of their components is not finite becomes `step/first_nonfinite_parameter`.
        """
        self.records[key] = value


def turn(program: Program, name: str, value: Any) -> None:
    """Give a live hyperparameter another value; no step is under way."""
    program.turned[name] = vars(program.hp)[name]
    setattr(program.hp, name, value)
    try:
        program.hyperparameter_changed(name)
    finally:
        program.turned.clear()


def loss_of_step(program: Program) -> Tensor | None:
    """What the step that is over gave as its loss, detached; that of all its micro-batches, or of
    their examples. None for a step without."""
    if program.loss is None or not program.micro_losses:
        return None if program.loss is None else program.loss.detach()
    losses = [*program.micro_losses, program.loss.detach()]
    return torch.cat([loss.reshape(-1) for loss in losses])


def forget_step(program: Program) -> None:
    """The step in progress is over, or given up: nothing is left of what it said."""
    program.loss = None
    program.micro_losses.clear()
    program.records.clear()


def _number(loss: Any) -> Tensor:
    if isinstance(loss, int | float):
        return torch.tensor(float(loss), dtype=torch.float64)
    caller = sys._getframe(2)
    raise ExperimentError(
        f"{Path(caller.f_code.co_filename).name}, line {caller.f_lineno}: self.forward() was given "
        f"a {type(loss).__name__}; give it the loss itself, a tensor."
    )


class Demonstration(Program):
    """A program without steps: its pictures and metrics are computed again whenever a knob moves.

    `build` computes from `self.hp`; it is called anew, with a fresh generator of the same seed, for
    every change.
    """

    def step(self, batch: Any) -> Iterator[Phase]:
        """A demonstration takes no steps."""
        raise NotImplementedError(f"{type(self).__name__} has no steps to take with {batch!r}.")

    def step_source(self) -> Callable[..., Any]:
        """What is computed anew for every change."""
        return self.build

    def parameters(self) -> Mapping[str, Tensor]:
        """A demonstration trains nothing."""
        return {}

    @property
    def epochs(self) -> int:
        """None."""
        return 0
