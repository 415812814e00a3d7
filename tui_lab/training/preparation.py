"""What is seen to once `build` is over, whoever takes the steps."""

from __future__ import annotations

from typing import Any

from tui_lab.errors import ExperimentError
from tui_lab.training.capturable import count_on_card
from tui_lab.training.passes import as_batches
from tui_lab.training.program import Demonstration, Program


def prepare(program: Program) -> None:
    """Make a program that is built ready for its first step. Raises `ExperimentError` where it has
    no batches."""
    if isinstance(program, Demonstration):
        return
    program.batches = as_batches(batches_of(program), program.generator)
    count_on_card(program)


def batches_of(program: Program) -> Any:
    """What `build` made. Raises `ExperimentError` where that is nothing."""
    try:
        return program.batches
    except AttributeError:
        name = type(program).__name__
        raise ExperimentError(f"{name}.build() made no batches; set self.batches there.") from None
