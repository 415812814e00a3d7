"""Many training runs as one: data, starting points and mini-batches of a whole population.

A run is a repetition (its own data, start and batch order) with a λ; the repetition comes first in
every shape, the λ last.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from tui_lab.training.batches import Batches
from tui_lab.training.linear_model import normal, synthetic_data

TRUE_W, TRUE_B = 0.01, 0.05
_VALIDATION = 0x5EED_0000
"""Sets the seed of the validation examples apart from that of everything else."""

_MOST_THREADS = 8
"""More of them wait for each other: between two draws each needs Python."""
Examples = tuple[Tensor, Tensor]
"""X (repetitions, n, inputs) and y (repetitions, n, 1)."""


@dataclass(frozen=True)
class Sizes:
    """How large a repetition's problem is."""

    inputs: int
    train: int
    validation: int
    test: int
    noise: float
    init_sd: float

    @property
    def data(self) -> int:
        """Bytes of all examples of a repetition."""
        return 4 * (self.train + self.validation + self.test) * (self.inputs + 1)

    def training(self, lambdas: int, *, ridge: bool) -> int:
        """Bytes that a repetition has besides while its runs train with so many λ: weights and
        gradients, losses of a whole set; and its closed form, where there is `ridge`."""
        weights, largest = self.inputs * lambdas, max(self.train, self.validation, self.test)
        training = 8 * weights + max(12 * largest * lambdas, 4 * weights)
        numbers = (4 * self.train + largest) * self.inputs + 2 * weights + 2 * largest * lambdas
        return training + 8 * numbers if ridge else training


@dataclass(frozen=True)
class Repetitions:
    """The problems of all repetitions, stacked."""

    train: Examples
    validation: Examples
    test: Examples
    w: Tensor
    """Starting weights (repetitions, inputs, 1)."""

    def to(self, device: torch.device) -> Repetitions:
        """The same on another device."""
        train, validation, test = (
            (X.to(device), y.to(device)) for X, y in (self.train, self.validation, self.test)
        )
        return Repetitions(train, validation, test, self.w.to(device))


def draw_repetitions(sizes: Sizes, generators: list[torch.Generator]) -> Repetitions:
    """One problem from each generator, drawn in the order of a single weight-decay run, so that a
    repetition can be run singly; the validation examples, which such a run lacks, come from a
    generator of their own. Several are drawn at once: each has its generator, and torch lets go of
    Python while it draws."""
    with ThreadPoolExecutor(_at_once()) as threads:
        drawn = list(threads.map(partial(_draw, sizes), generators))
    X, y, X_val, y_val, X_test, y_test, w = map(torch.stack, zip(*drawn, strict=True))
    return Repetitions((X, y), (X_val, y_val), (X_test, y_test), w)


def _at_once() -> int:
    known = hasattr(os, "sched_getaffinity")
    return min(_MOST_THREADS, len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1)


def _draw(sizes: Sizes, generator: torch.Generator) -> tuple[Tensor, ...]:
    true_w = torch.full((sizes.inputs,), TRUE_W)
    apart = torch.Generator().manual_seed(generator.initial_seed() ^ _VALIDATION)
    train = synthetic_data(true_w, TRUE_B, sizes.train, sizes.noise, generator)
    w = normal((sizes.inputs, 1), sizes.init_sd, generator, torch.float32)
    normal((1,), sizes.init_sd, generator, torch.float32)  # a single run draws a bias, too
    test = synthetic_data(true_w, TRUE_B, sizes.test, sizes.noise, generator)
    validation = synthetic_data(true_w, TRUE_B, sizes.validation, sizes.noise, apart)
    return *train, *validation, *test, w


class PopulationBatches(Batches):
    """Mini-batches of all repetitions side by side, each in an order of its own."""

    def __init__(
        self, tensors: Examples, batch_size: int, generators: list[torch.Generator]
    ) -> None:
        super().__init__(tensors, batch_size, generators[0])
        self.generators = generators

    @property
    def examples(self) -> int:
        """Examples of one repetition in an epoch."""
        return self.tensors[0].shape[1]

    def of(self, rows: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """The mini-batches of the examples in these `rows`, a row of them per repetition."""
        each = torch.arange(len(rows), device=rows.device).unsqueeze(1)
        X, y = (torch.split(tensor[each, rows], self.batch_size, 1) for tensor in self.tensors)
        return zip(X, y, strict=True)

    def _drawn(self) -> Tensor:
        return torch.stack([torch.randperm(self.examples, generator=g) for g in self.generators])
