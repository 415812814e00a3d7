"""A small dropout network on few clothes, as the tests of dropout build it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.experiments.driver import Values, build
from tui_lab.training.program import Program

SMALL: Values = {"hidden": "12,9", "examples": 90, "batch_size": 32, "epochs": 2, "init": "he"}
"""90 = 2 × 32 + 26: the last batch is short."""
LR = {"scratch": 6.4, "concise": 0.2, "dropconnect": 0.2}
"""From scratch the gradient is divided by 32 once more."""
each = pytest.mark.parametrize("implementation", list(LR))


def built(implementation: str, seed: int = 0, **values: Any) -> Program:
    torch.manual_seed(seed)  # as the worker does
    lr = LR[implementation]
    chosen: Values = {**SMALL, "implementation": implementation, "lr": lr, **values}
    return build("dropout", seed, **chosen)
