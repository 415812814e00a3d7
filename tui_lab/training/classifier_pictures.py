"""Pictures of an image classifier: what it sees, whom it takes for whom, what it has learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.classification import confusion_matrix
from tui_lab.training.fashion_mnist import SIDE

Layer = Mapping[str, Any]

_IMAGES = 24
"""As many as the largest terminals have room for."""


def sample_picture(X: Tensor, y: Tensor, predicted: Tensor, classes: Sequence[str]) -> Layer:
    """The first images with the class predicted, and `≠` the true one where that is another;
    wrong ones before right ones, for a small screen shows but a few."""
    right = predicted[:_IMAGES] == y[:_IMAGES]
    shown = torch.argsort(right.int(), stable=True)
    pairs = list(zip(predicted[shown].tolist(), y[shown].tolist(), strict=True))
    captions = [classes[p] if p == t else f"{classes[p]}≠{classes[t]}" for p, t in pairs]
    wrong = [p != t for p, t in pairs]
    return {"pixels": _images(X[shown]), "captions": captions, "wrong": wrong}


def confusion_picture(y: Tensor, predicted: Tensor, classes: Sequence[str]) -> Layer:
    """How often each class (row) was taken for each (column)."""
    values = confusion_matrix(y, predicted, len(classes)).tolist()
    return {"values": values, "rows": list(classes), "columns": list(classes)}


def weight_picture(weights: Tensor) -> Layer:
    """What the first hidden units look for: a row of `weights` (units, pixels) an image, grey for
    0, white for the largest weight of the unit, black for its negative."""
    shown = weights[:_IMAGES]
    largest = shown.abs().amax(1, keepdim=True)
    images = 0.5 + 0.5 * shown / torch.where(largest == 0, 1, largest)
    captions = [f"unit {number}" for number in range(1, len(shown) + 1)]
    return {"pixels": _images(images), "captions": captions}


def gradient_picture(gradients: Sequence[Tensor]) -> Layer:
    """The length of the gradient of each layer's weights."""
    norms = torch.stack([torch.linalg.vector_norm(g, dtype=torch.float64) for g in gradients])
    labels = [f"W{number}" for number in range(1, len(gradients) + 1)]
    return {"values": norms.tolist(), "labels": labels}


def _images(rows: Tensor) -> list[list[list[float]]]:
    """As lists, to two decimals: a terminal shows no more, and the log stays small."""
    rounded = rows.detach().double().mul(100).round().div(100)
    images: list[list[list[float]]] = rounded.view(-1, SIDE, SIDE).tolist()
    return images
