"""Labelled data in wanted proportions: Gaussian classes in a plane, or pictures of clothes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from tui_lab.experiments.distribution_shift.proportions import counts, full_shares
from tui_lab.training import fashion_mnist
from tui_lab.training.linear_model import normal

_CLASSES = 3
_POOL = 4
"""Pixels along the sides of a square that become one number: 7 × 7 of an image of 28 × 28."""
_MEAN, _SD = 0.286, 0.353
"""Of the pixels of Fashion-MNIST, so that inputs are of size 1."""


@dataclass(frozen=True)
class Labelled:
    """Inputs `X` (n, d) and their classes `y` (n,)."""

    X: Tensor
    y: Tensor
    shares: Tensor
    """The part each class has in them."""


@dataclass(frozen=True)
class Draw:
    """Data of both domains."""

    train: Labelled
    validation: Labelled
    """From the source too; for the confusion matrix."""
    target: Labelled
    """Its labels are for judging alone."""
    oracle: Labelled
    """As many examples as `train`, in the target's proportions."""
    names: tuple[str, ...]
    source: str
    """Where they are from, in words."""


def gaussians(hp: SimpleNamespace, generator: torch.Generator) -> Draw:
    """Three classes N(centre, I), their centres `separation` apart from each other."""
    angles = 2 * math.pi * torch.arange(_CLASSES, dtype=torch.float64) / _CLASSES + math.pi / 2
    centres = torch.stack((angles.cos(), angles.sin()), dim=1) * hp.separation / math.sqrt(3)

    def draw(given: Sequence[float], total: int) -> Labelled:
        y = _labels(counts(full_shares(given, _CLASSES), total))
        X = centres[y] + normal((total, 2), 1.0, generator, torch.float64)
        return _labelled(X, y, _CLASSES)

    return Draw(
        train=draw(hp.source_shares, hp.examples),
        validation=draw(hp.source_shares, hp.examples),
        target=draw(hp.target_shares, hp.target_examples),
        oracle=draw(hp.target_shares, hp.examples),
        names=tuple(f"class {j}" for j in range(_CLASSES)),
        source="made by the program",
    )


def fashion(hp: SimpleNamespace, generator: torch.Generator, directory: str) -> Draw:
    """Fashion-MNIST as 49 means of 4 × 4 pixels: the source from its training images, the target
    from its test images. Sets are smaller than asked for where a class has too few images."""
    data = fashion_mnist.load(directory)
    classes = len(data.classes)
    source = _Pool(data.train, _by_class(data.train.y, classes, generator))
    target = _Pool(data.test, _by_class(data.test.y, classes, generator))
    return Draw(
        train=source.part(0).draw(hp.source_shares, hp.examples),
        validation=source.part(1).draw(hp.source_shares, hp.examples),
        target=target.draw(hp.target_shares, hp.target_examples),
        oracle=source.draw(hp.target_shares, hp.examples),
        names=data.classes,
        source=data.source,
    )


@dataclass(frozen=True)
class _Pool:
    """Images to draw from: the places of each class's own, in a random order."""

    split: fashion_mnist.Split
    places: tuple[Tensor, ...]

    def part(self, which: int) -> _Pool:
        """One half (0 or 1) of the images of each class."""
        return _Pool(self.split, tuple(own[which::2] for own in self.places))

    def draw(self, given: Sequence[float], total: int) -> Labelled:
        """The first of each class, in these proportions; `total` of them, or as many as there are
        when one class runs out."""
        classes = len(self.places)
        shares = full_shares(given, classes)
        there = [len(own) for own in self.places]
        limits = [many / share for many, share in zip(there, shares, strict=True) if share]
        wanted = counts(shares, min(total, math.floor(min(limits))))
        taken = [own[:count] for own, count in zip(self.places, wanted, strict=True)]
        X = _pooled(self.split.X[torch.cat(taken)])
        return _labelled(X, _labels([len(own) for own in taken]), classes)


def _by_class(y: Tensor, classes: int, generator: torch.Generator) -> tuple[Tensor, ...]:
    order = torch.randperm(len(y), generator=generator)
    return tuple(order[y[order] == j] for j in range(classes))


def _pooled(pixels: Tensor) -> Tensor:
    side = fashion_mnist.SIDE
    means = avg_pool2d(pixels.view(-1, 1, side, side), _POOL).flatten(1)
    return (means.double() - _MEAN) / _SD


def _labels(numbers: Sequence[int]) -> Tensor:
    """0, 0, …, 1, 1, …: as many of each as its number says."""
    return torch.arange(len(numbers)).repeat_interleave(torch.tensor(numbers))


def _labelled(X: Tensor, y: Tensor, classes: int) -> Labelled:
    return Labelled(X, y, y.bincount(minlength=classes).double() / len(y))
