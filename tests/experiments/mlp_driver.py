"""A small perceptron on few clothes, as its tests train it, and its step by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.experiments.classifier_driver import Array, Layers, drive, softmax
from tests.experiments.driver import Values, build
from tui_lab.training.program import Program

SMALL: Values = {"hidden": "12,7", "examples": 90, "batch_size": 32, "epochs": 2, "init": "he"}
"""90 = 2 × 32 + 26: the last batch is short."""
IMPLEMENTATIONS = ("scratch", "concise")
both = pytest.mark.parametrize("implementation", IMPLEMENTATIONS)


def trained(seed: int = 0, steps: int = 6, **values: Any) -> Program:
    program = build("mlp", seed, **{**SMALL, **values})
    drive(program, steps)
    return program


def oracle_step(layers: Layers, X: Array, y: Array, lr: float) -> tuple[Layers, float]:
    """One step of ReLU layers by backpropagation by hand, and the mean loss before it."""
    outputs = [X]
    for i, (W, b) in enumerate(layers):
        z = outputs[-1] @ W + b
        outputs.append(np.maximum(z, 0) if i < len(layers) - 1 else z)
    p = softmax(outputs[-1])
    rows = np.arange(len(y))
    loss = float(-np.log(p[rows, y]).mean())
    delta = p.copy()
    delta[rows, y] -= 1
    delta /= len(y)
    stepped = []
    for i in reversed(range(len(layers))):
        W, b = layers[i]
        stepped.append((W - lr * outputs[i].T @ delta, b - lr * delta.sum(0)))
        delta = (delta @ W.T) * (outputs[i] > 0)
    return stepped[::-1], loss
