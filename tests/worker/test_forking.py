"""Protects a run that goes on with other values on its way: what is random goes on as it was,
though a program was built for it."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from tests.worker.conducted import EXPERIMENT, Toy
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.program import Program
from tui_lab.worker.beginning import forked


def build(device: torch.device, hyperparameters: Hyperparameters) -> Program:
    """As the worker does it: the default generators are seeded."""
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    program = Toy(hyperparameters, seed=0, device=device)
    program.build()
    return program


def drawn() -> tuple[float, ...]:
    return torch.rand(()).item(), np.random.random(), random.random()


@pytest.mark.parametrize("values", [{"layers": 2}, {"lr": 0.25}, {"layers": 2, "lr": 0.25}])
def test_the_default_generators_go_on(values: dict[str, float]) -> None:
    build(torch.device("cpu"), EXPERIMENT.choose({}))
    drawn()
    expected = drawn()
    program = build(torch.device("cpu"), EXPERIMENT.choose({}))
    drawn()
    child, _ = forked(build, program, EXPERIMENT, values)
    assert drawn() == expected
    assert EXPERIMENT.to_json(vars(child.hp)).items() >= values.items()
