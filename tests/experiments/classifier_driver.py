"""What tests of the classifiers share: steps across epochs, parameters and losses in numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice
from tui_lab.training.fashion_mnist_files import DEBIAN
from tui_lab.training.program import Program

Array = npt.NDArray[np.float64]
Layers = list[tuple[Array, Array]]
"""(W (inputs, outputs), b) of each layer."""

needs_debian = pytest.mark.skipif(not DEBIAN.is_dir(), reason="dataset-fashion-mnist not installed")


def drive(program: Program, steps: int, before: Callable[[int], None] | None = None) -> list[float]:
    """Take steps across epochs; returns their mean losses."""
    losses: list[float] = []
    while len(losses) < steps:
        for batch in program.batches:
            if before is not None:
                before(len(losses) + 1)
            list(program.step(batch))
            assert program.loss is not None
            losses.append(program.loss.detach().mean().item())
            if len(losses) == steps:
                return losses
    return losses


def matrices(program: Program) -> Layers:
    """The parameters in float64."""
    values = {n: p.detach().numpy().astype(np.float64) for n, p in program.parameters().items()}
    transposed = program.hp.implementation == "concise"
    return [
        (values[f"W{i}"].T if transposed else values[f"W{i}"], values[f"b{i}"])
        for i in range(1, len(values) // 2 + 1)
    ]


def assert_close(one: Layers, other: Layers, atol: float) -> None:
    """Every parameter of one within `atol` of the other's."""
    for (W, b), (W_other, b_other) in zip(one, other, strict=True):
        np.testing.assert_allclose(W, W_other, rtol=1e-4, atol=atol)
        np.testing.assert_allclose(b, b_other, rtol=1e-4, atol=atol)


def softmax(logits: Array) -> Array:
    """Probabilities, a row per example."""
    exponents = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(exponents / exponents.sum(1, keepdims=True))


def choices(experiment: Experiment, name: str) -> tuple[str, ...]:
    """What a `Choice` of the experiment offers."""
    hyperparameter = experiment[name]
    assert isinstance(hyperparameter, Choice)
    return hyperparameter.choices


class Reads(TorchDispatchMode):
    """Counts values read from a tensor, each of which makes a GPU and its program wait."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))
