"""Optimizers that count their steps where their parameters are, so that a graph of a card can take
their step too."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from tui_lab.training.program import Program


def count_on_card(program: Program) -> None:
    """Have each optimizer of a built program that can do so keep its count on the card, as torch's
    `capturable` says. The same is done to every program on a card, however its steps are taken:
    the numbers are those of that way, which rounds otherwise than counting on the host does."""
    for optimizer in optimizers(program):
        for group in optimizer.param_groups:
            if "capturable" in group and all(p.is_cuda for p in group["params"]):
                group["capturable"] = True


def optimizers(program: Program) -> Iterator[torch.optim.Optimizer]:
    """Those that a program holds, by themselves or in a list."""
    for value in vars(program).values():
        each = value if isinstance(value, list | tuple) else (value,)
        yield from (item for item in each if isinstance(item, torch.optim.Optimizer))
