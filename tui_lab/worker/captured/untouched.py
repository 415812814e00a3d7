"""What is only recorded leaves the program that it is of as it was, and begins with nothing of what
was before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.generators import generators_kept
from tui_lab.training.program import Program, forget_step
from tui_lab.worker.captured.held import generators_on_host, leaves

_HOST = torch.device("cpu")
_SEEN = "tui-lab: seen"
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
    gradient that it had; what was drawn on the host was not. What tensors contain is not looked
    after, nor what is drawn on a card."""
    held, before = dict(vars(program)), gradients(program)
    try:
        with generators_kept(_HOST, *generators_on_host(program)):
            yield
    finally:
        vars(program).clear()
        vars(program).update(held)
        forget_step(program)
        give(before)


def outliving(program: Program) -> str:
    """The name of a parameter that the graph of a step before leads to, where something has kept
    it; empty where all are gone.

    Such a graph has the end that adds to the parameter's gradient made on the stream of that step,
    which a recording of another would wait for.
    """
    for name, parameter in program.parameters().items():
        if parameter.is_leaf and parameter.requires_grad:
            _end(parameter).metadata[_SEEN] = True
            if _end(parameter).metadata.pop(_SEEN, False):  # a new one has nothing on it
                return name
    return ""


def _end(parameter: Tensor) -> Any:
    with torch.enable_grad():
        function: Any = parameter.view_as(parameter).grad_fn
    return function.next_functions[0][0]
