"""Fashion-MNIST as whole tensors on one device: 28 × 28 grey images of clothes in ten classes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.fashion_mnist_files import Found, Search

CLASSES = (
    "tee",
    "pants",
    "pull",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneak",
    "bag",
    "boot",
)
"""T-shirt or top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag and ankle boot, so
short that two of them fit under an image."""
SIDE = 28
PIXELS = SIDE * SIDE


@dataclass(frozen=True)
class Split:
    """Images `X` (n, 784), float32 from 0 to 1, and their classes `y` (n,), int64.

    The tensors are shared by all who load them: nobody changes them in place.
    """

    X: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)

    def hold_out(self, count: int) -> tuple[Split, Split]:
        """All examples but the last `count`, and these; at most half of them are. The same for
        every seed, so that runs with other seeds are judged by the same examples."""
        kept = len(self) - min(count, len(self) // 2)
        return Split(self.X[:kept], self.y[:kept]), Split(self.X[kept:], self.y[kept:])

    def take(self, count: int, generator: torch.Generator) -> Split:
        """`count` of the examples, the first of a random order; all of them as they stand when
        there are no more."""
        if count >= len(self):
            return self
        chosen = torch.randperm(len(self), generator=generator)[:count].to(self.y.device)
        return Split(self.X[chosen], self.y[chosen])


@dataclass(frozen=True)
class FashionMNIST:
    """Both sets and where they are from."""

    train: Split
    test: Split
    source: str
    """In words, such as `Debian's dataset-fashion-mnist`."""
    subset: bool = False
    """Whether this is only the subset that comes with the package."""
    remark: str = ""
    """Why it is, when it is."""
    classes: tuple[str, ...] = CLASSES
    """The names of the labels 0 to 9."""

    def table(self, used: int, held_out: int = 0) -> dict[str, Any]:
        """What a `Table` picture says about the data of a run that trains on `used` examples and
        has others held out to validate on."""
        rows: list[list[object]] = [
            ["source", self.source],
            ["whole set", "no: a SUBSET" if self.subset else "yes"],
            ["training examples used", used],
            ["training examples there", len(self.train)],
            ["test examples", len(self.test)],
            ["classes", ", ".join(self.classes)],
        ]
        if held_out:
            rows.insert(4, ["of these for validation", held_out])
        if self.remark:
            rows.insert(2, ["because", self.remark])
        return {"columns": ["data", ""], "rows": rows}


def load(directory: str = "", device: torch.device | None = None) -> FashionMNIST:
    """Fashion-MNIST on `device` (the CPU when None), from `directory` when one is given.

    Loaded once per process and place. Says on standard output what was loaded. Raises `DataError`
    when `directory` lacks a file, and for damaged or swapped files.
    """
    return _load(directory, os.environ.get("TUI_LAB_DATA", ""), str(device or "cpu"))


@lru_cache(maxsize=2)
def _load(directory: str, _environment: str, device: str) -> FashionMNIST:
    data = to_tensors(Search(directory).find(), torch.device(device))
    kind = "subset of Fashion-MNIST" if data.subset else "data"
    print(
        f"{kind}: {len(data.train):,} training and {len(data.test):,} test images from "
        f"{data.source}",
        flush=True,
    )
    return data


def to_tensors(found: Found, device: torch.device) -> FashionMNIST:
    """Pixels divided by 255 (and nothing else), labels as indices, all on `device`."""
    train_images, train_labels, test_images, test_labels = found.arrays
    return FashionMNIST(
        train=_split(train_images, train_labels, device),
        test=_split(test_images, test_labels, device),
        source=found.source,
        subset=found.subset,
        remark=found.remark,
        classes=tuple("0123456789") if found.own else CLASSES,
    )


def _split(images: Tensor, labels: Tensor, device: torch.device) -> Split:
    # Divided on the CPU, so that every device gets the same bits.
    X = images.view(-1, PIXELS).float().div_(255)
    return Split(X.to(device), labels.long().to(device))
