"""Fashion-MNIST in three parts, with labels that are partly drawn by lot."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tui_lab.training.fashion_mnist import FashionMNIST, Split


@dataclass(frozen=True)
class NoisyData:
    """Training and validation images with labels as given, test images with the true ones."""

    train: Split
    true: Tensor
    """The true labels of the training images."""
    validation: Split
    test: Split


def noisy_data(
    data: FashionMNIST,
    *,
    examples: int,
    validation: int,
    test: int,
    label_noise: float,
    generator: torch.Generator,
) -> NoisyData:
    """Different training images for `train` and `validation`; a share of `label_noise` of the
    labels of both is drawn from all classes alike, the true one among them.

    Where there are too few images, both get fewer, in proportion.
    """
    classes, there = len(data.classes), len(data.train)
    asked = examples + validation
    if asked > there:
        examples = max(1, examples * there // asked)
        validation = there - examples
        print(f"{asked:,} images asked for, {there:,} there: {examples:,} to train on", flush=True)
    order = torch.randperm(there, generator=generator)
    train = _part(data.train, order[:examples])
    held_out = _part(data.train, order[examples : examples + validation])
    return NoisyData(
        train=Split(train.X, drawn_labels(train.y, label_noise, classes, generator)),
        true=train.y,
        validation=Split(held_out.X, drawn_labels(held_out.y, label_noise, classes, generator)),
        test=data.test.take(test, generator),
    )


def drawn_labels(y: Tensor, share: float, classes: int, generator: torch.Generator) -> Tensor:
    """`y` with the given share of its labels replaced by draws from all classes."""
    chosen = torch.randperm(len(y), generator=generator)[: round(share * len(y))].to(y.device)
    drawn = torch.randint(classes, (len(y),), generator=generator).to(y.device)
    changed = y.clone()
    changed[chosen] = drawn[chosen]
    return changed


def _part(split: Split, rows: Tensor) -> Split:
    chosen = rows.to(split.y.device)
    return Split(split.X[chosen], split.y[chosen])
