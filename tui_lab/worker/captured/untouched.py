"""What is only recorded leaves the program that it is of as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor

from tui_lab.training.program import Program, forget_step
from tui_lab.worker.captured.standing import leaves

Gradients = list[tuple[Tensor, Tensor | None]]
"""Tensors, and the gradient that each has."""


def gradients(program: Program) -> Gradients:
    """The gradients of what a program holds, as they are."""
    return [(leaf, leaf.grad) for leaf in leaves(program)]


def give(found: Gradients) -> None:
    """Have each tensor have its gradient of then."""
    for leaf, gradient in found:
        leaf.grad = gradient


@contextmanager
def untouched(program: Program) -> Iterator[None]:
    """Whatever is done in here, the program holds afterwards what it held, and every tensor the
    gradient that it had. What tensors contain is not looked after."""
    held, before = dict(vars(program)), gradients(program)
    try:
        yield
    finally:
        vars(program).clear()
        vars(program).update(held)
        forget_step(program)
        give(before)
