"""Drives a program without a worker, and keeps what an oracle needs to repeat it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tui_lab.plugins import load_experiment
from tui_lab.training.program import Program, forget_step, loss_of_step, turn
from tui_lab.worker.programs import program_class

Array = npt.NDArray[np.float64]
Nudge = Callable[[Program, int], None]
Values = dict[str, Any]


@dataclass
class Training:
    """What one training did: batches in their order, losses, parameters, measurements."""

    program: Program
    start: dict[str, Array]
    """The parameters before the first step."""
    batches: list[tuple[Array, Array]] = field(default_factory=list)
    phases: list[tuple[str, ...]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    path: list[dict[str, Array]] = field(default_factory=list)
    """The parameters after each step."""
    records: list[dict[str, Array]] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def last(self) -> dict[str, float]:
        """The measurements after the last epoch."""
        return self.history[-1]

    def parameter(self, name: str) -> Array:
        """One parameter after the last step, flat."""
        return self.path[-1][name]


def build(experiment: str, seed: int = 0, **values: Any) -> Program:
    """A program ready for its first step."""
    declared = load_experiment(experiment)
    program = program_class(declared.program)(
        declared.choose(values), seed=seed, device=torch.device("cpu")
    )
    program.build()
    return program


def train(
    experiment: str, seed: int = 0, before_step: Nudge | None = None, **values: Any
) -> Training:
    """A whole training; `before_step` is called with the program and the number of each step."""
    program = build(experiment, seed, **values)
    training = Training(program, flat(program))
    for _ in range(program.epochs):
        for batch in program.batches:
            if before_step is not None:
                before_step(program, len(training.losses) + 1)
            _take(training, batch)
        training.history.append(evaluate(program))
    return training


def evaluate(program: Program) -> dict[str, float]:
    """The whole-set metrics as numbers."""
    with torch.no_grad():
        return {key: float(value) for key, value in program.evaluate().items()}


def set_hyperparameter(program: Program, name: str, value: object) -> None:
    """Turn a live knob as the loop does, between two steps."""
    turn(program, name, value)


def flat(program: Program) -> dict[str, Array]:
    """Every parameter as a flat float64 array of its own."""
    return {name: _array(value).reshape(-1) for name, value in program.parameters().items()}


def data(program: Program) -> tuple[Array, Array]:
    """All training examples: X (n, d) and y (n,)."""
    X, y = program.batches.tensors
    return _array(X), _array(y)[:, 0]


def same(one: Training, other: Training) -> bool:
    """Whether two trainings agree in every bit of losses, parameters and measurements."""
    return (
        np.array_equal(one.losses, other.losses, equal_nan=True)
        and one.history == other.history
        and _equal(one.start, other.start)
        and all(_equal(a, b) for a, b in zip(one.path, other.path, strict=True))
    )


def _take(training: Training, batch: Any) -> None:
    program = training.program
    training.batches.append((_array(batch[0]), _array(batch[1])[:, 0]))
    forget_step(program)
    training.phases.append(tuple(program.step(batch)))
    loss = loss_of_step(program)
    assert loss is not None
    training.losses.append(loss.mean().item())
    training.path.append(flat(program))
    training.records.append({key: _array(value) for key, value in program.records.items()})


def _array(tensor: torch.Tensor) -> Array:
    return tensor.detach().cpu().numpy().astype(np.float64)


def _equal(one: Mapping[str, Array], other: Mapping[str, Array]) -> bool:
    return all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)
