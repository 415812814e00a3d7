"""Protects the pictures of a classifier: they show the parameters as they are, also when others
were put in their place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from tests.experiments.classifier_driver import drive
from tests.experiments.driver import build
from tui_lab.training.fashion_mnist_files import SUBSET
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore


def _step(program: Program) -> None:
    drive(program, 1)


def _restore(program: Program) -> None:
    drive(program, 5)
    state = capture(program)
    drive(program, 5)
    program.evaluate()
    restore(program, state)


def _turn(program: Program) -> None:
    with torch.no_grad():
        program.parameters()["W1"].neg_()


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
@pytest.mark.parametrize("change", [_step, _restore, _turn])
def test_what_was_predicted_is_forgotten_with_the_parameters(
    monkeypatch: pytest.MonkeyPatch, implementation: str, change: Callable[[Program], None]
) -> None:
    monkeypatch.setenv("TUI_LAB_DATA", str(SUBSET))
    values = {"hidden": "6", "examples": 60, "batch_size": 8, "lr": 1.0}
    program = build("mlp", 0, implementation=implementation, **values)
    program.evaluate()
    before = program.pictures()["confusion"]
    change(program)
    shown = program.pictures()["confusion"]
    program.evaluate()
    assert shown == program.pictures()["confusion"]
    assert shown != before
