"""A small task that needs every layer to learn: which of ten random teachers speaks loudest."""

from __future__ import annotations

import torch
from torch import Tensor

from tui_lab.training.holdout import holdout_generator
from tui_lab.training.linear_model import normal

INPUTS, CLASSES = 20, 10
Examples = tuple[Tensor, Tensor]
"""Features (n, 20) and their classes (n,)."""


def draw_task(
    examples: int, generator: torch.Generator, dtype: torch.dtype
) -> tuple[Examples, Examples, Examples]:
    """Training, test and validation examples, as many of each: X ~ N(0, 1), and the class whose
    random direction lies closest to x."""
    teachers = normal((INPUTS, CLASSES), 1.0, generator, torch.float64)
    X = normal((2 * examples, INPUTS), 1.0, generator, torch.float64)
    apart = holdout_generator(generator)
    X = torch.cat((X, normal((examples, INPUTS), 1.0, apart, torch.float64)))
    y = (X @ teachers).argmax(dim=1)
    train, test, validation = zip(X.to(dtype).split(examples), y.split(examples), strict=True)
    return train, test, validation
