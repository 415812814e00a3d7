"""A program tried out for some steps: what it gave on the way, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from tui_lab.experiment import Experiment
from tui_lab.training import program as programs
from tui_lab.training.program import Demonstration, Program
from tui_lab.training.state import State, capture, restore
from tui_lab.training.state_file import digest
from tui_lab.worker.heeding import noting
from tui_lab.worker.interventions import Interventions
from tui_lab.worker.playback import Playback, set_values
from tui_lab.worker.readings import numbers, shown

Outcome = tuple[Any, ...]
"""What tells two ways to train apart: equal ones did the same."""


@dataclass
class Given:
    """What a program has said so far."""

    phases: dict[str, None] = field(default_factory=dict)
    """All of its steps, in the order they came up first."""
    metrics: dict[str, None] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    """By the key of a metric that is no number: what it is."""
    pictures: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By title and layer."""
    losses: list[str] = field(default_factory=list)
    shapes: dict[tuple[int, ...], None] = field(default_factory=dict)
    """Of its losses."""
    left: dict[str, None] = field(default_factory=dict)
    """Parameters whose gradient was not zero after it was zeroed."""
    graded: dict[str, None] = field(default_factory=dict)
    """Parameters that had a gradient at some phase."""
    read: set[str] = field(default_factory=set)
    """Hyperparameters that were read."""
    bad_loss: str = ""


class Tryout:
    """One built program, and how far it was taken."""

    def __init__(self, experiment: Experiment, build: Callable[[], Program]) -> None:
        self.experiment = experiment
        self.given = Given()
        self.seconds = 0.0
        with mock.patch.object(programs, "Values", noting(self.given.read)):
            self.program = build()
        self._last: Any = None
        """What the step under way gave as its loss."""
        self._measured: dict[str, str] = {}
        self._begun = self._parameters()
        self._kept: tuple[State, int, int, int] | None = None
        self._record = _Noted(self.given.metrics, self.program)
        self.program.records = self._record
        self._playback = self._from(0, 0, 0)

    @property
    def steps(self) -> int:
        """Steps that were taken."""
        return self._playback.step if self._playback else 0

    @property
    def epochs(self) -> int:
        """Epochs that are over."""
        return self._playback.epoch if self._playback else 0

    def take(self, steps: int) -> None:
        """So many steps. Raises what the program does."""
        start = time.perf_counter()
        for _ in range(steps if self._playback else 0):
            assert self._playback is not None
            self._last = None
            self._playback.to(self._playback.step + 1, self._look)
            self._note_loss()
        self.seconds += time.perf_counter() - start

    def measure(self) -> None:
        """Measure and draw, as after an epoch. Raises what the program does."""
        with torch.no_grad():
            measured = self.program.evaluate()
        found, refused = numbers(measured)
        self.given.metrics |= dict.fromkeys(found)
        self.given.refused |= refused
        self._measured = {key: repr(value) for key, value in found.items()}
        for title, layers in self.program.pictures().items():
            self.given.pictures.setdefault(title, {}).update(layers)

    def outcome(self) -> Outcome:
        """What came of it since the losses were last taken: they, the parameters, what was measured
        and drawn, and how long it is to go on."""
        losses, self.given.losses = self.given.losses, []
        program = self.program
        planned = [program.epochs, *(getattr(program, n, 0) for n in _PLANNED)]
        drawn = digest(self.given.pictures)
        kind = type(program).__qualname__
        return (*losses, kind, str(self._parameters()), str(self._measured), drawn, str(planned))

    @property
    def unmoved(self) -> list[str]:
        """Parameters that are to be trained and are as they were built."""
        now, named = self._parameters(), self.program.parameters()
        return [n for n, p in named.items() if p.requires_grad and now[n] == self._begun.get(n)]

    def keep(self) -> None:
        """Keep the state as it is. Raises `TypeError` where it can't be captured."""
        if self._playback is not None:
            place = (self._playback.step, self._playback.epoch, self._playback.taken)
            self._kept = (capture(self.program), *place)

    def take_up(self, other: Tryout, values: Mapping[str, Any] | None = None) -> None:
        """Be as `other` was when it was kept, then turn live hyperparameters to `values`."""
        assert other._kept is not None
        state, *place = other._kept
        restore(self.program, state)
        self.given.read.clear()
        self.given.losses.clear()
        self.program.hp.__class__ = noting(self.given.read)
        self.program.records = self._record
        self._playback = self._from(*place)
        set_values(self.experiment, self.program, values or {})

    def attributes(self) -> dict[str, str]:
        """Digests of what is kept, by attribute; the hyperparameters aside."""
        state = capture(self.program)["attributes"]
        return {name: digest(value) for name, value in state.items() if name != "hp"}

    def _parameters(self) -> dict[str, str]:
        return {name: digest(p.detach()) for name, p in self.program.parameters().items()}

    def _from(self, step: int, epoch: int, taken: int) -> Playback | None:
        if isinstance(self.program, Demonstration):
            return None
        done = Interventions()
        return Playback(self.experiment, self.program, done, step=step, epoch=epoch, taken=taken)

    def _look(self, phase: Any) -> bool:
        self.given.phases[str(phase) if phase is not None else "?"] = None
        if self.program.loss is not None:
            self._last = self.program.loss
        named = self.program.parameters().items()
        self.given.graded |= dict.fromkeys(name for name, p in named if _gradient(p) is not None)
        if "zero" in str(phase):
            self.given.left |= dict.fromkeys(name for name, p in named if _has_gradient(p))
        return False

    def _note_loss(self) -> None:
        loss = self._last
        if isinstance(loss, Tensor) and not loss.is_complex():
            self.given.metrics["train/loss"] = None
            self.given.shapes[tuple(loss.shape)] = None
            self.given.losses.append(repr(float(loss.detach().double().mean())))
        elif isinstance(loss, int | float):
            self.given.losses.append(repr(loss))
        elif loss is not None:
            self.given.bad_loss = shown(loss)


class _Noted(dict[str, Any]):
    """Records of a step, with their keys noted in `metrics`."""

    def __init__(self, metrics: dict[str, None], program: Program) -> None:
        super().__init__()
        self._metrics, self._program = metrics, program

    def __setitem__(self, key: str, value: Any) -> None:
        names = self._program.record_names.get(key, (key,))
        self._metrics |= dict.fromkeys(names)
        super().__setitem__(key, value)


_PLANNED = ("total_steps", "evaluate_every")


def _gradient(parameter: Tensor) -> Tensor | None:
    return parameter.grad if parameter.is_leaf else None


def _has_gradient(parameter: Tensor) -> bool:
    gradient = _gradient(parameter)
    return gradient is not None and bool(gradient.count_nonzero())
