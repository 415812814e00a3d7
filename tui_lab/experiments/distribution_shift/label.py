"""Label shift: the classes are the same, but some are more common than they were."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import torch
from torch import Tensor

from tui_lab.experiments.distribution_shift.classes import Draw, Labelled, fashion, gaussians
from tui_lab.experiments.distribution_shift.outcome import (
    MOST_POINTS,
    Layers,
    Outcome,
    bars,
    table,
    xy,
)
from tui_lab.experiments.distribution_shift.regression import (
    effective_size,
    softmax_regression,
    with_ones,
)
from tui_lab.experiments.distribution_shift.shares import Estimate, estimate, said_of_true

_SHOWN = 5
"""Classes whose points are drawn in different colours."""


@dataclass(frozen=True)
class Shares:
    """What a classifier gives away about the labels of the target."""

    confusion: Tensor
    """C[i, j]: how often an example of class j is said to be i, on validation examples."""
    found: Estimate
    weights: Tensor
    """β of each class, its estimated share of the target over its share of the source."""


@dataclass(frozen=True)
class Models:
    """Weights of the classifiers, trained on the source, on the source weighted by β, and on
    labels of the target."""

    plain: Tensor
    corrected: Tensor
    oracle: Tensor


def label_shift(hp: SimpleNamespace, generator: torch.Generator, directory: str) -> Outcome:
    """Estimate the label shares of unlabelled target data from a classifier's predictions and its
    confusion matrix, and train again with the labels weighted accordingly."""
    draw = _draw(hp, generator, directory)
    plain = softmax_regression(draw.train.X, draw.train.y, len(draw.names))
    shares = _estimate_shares(plain, draw)
    models = _train_again(plain, draw, shares.weights)
    accuracies = _accuracies(models, draw.target, shares.weights)
    return Outcome(
        _metrics(plain, draw, shares, accuracies),
        {
            "counted shares": _bars_of_shares(draw, shares.found.counted),
            "estimated shares": _bars_of_shares(draw, shares.found.shares),
            "confusion matrix": _cells(draw, shares.confusion),
            "classes": _points(draw),
            "plain and corrected": bars(accuracies),
            "side by side": _side_by_side(draw, shares),
        },
    )


def _draw(hp: SimpleNamespace, generator: torch.Generator, directory: str) -> Draw:
    if hp.data == "fashion-mnist":
        return fashion(hp, generator, directory)
    return gaussians(hp, generator)


def _estimate_shares(plain: Tensor, draw: Draw) -> Shares:
    """Solve C·p(y) = p(ŷ) for the shares of the target, and compare them with the source's."""
    classes, source = len(draw.names), draw.train.shares
    C = said_of_true(draw.validation.y, _predict(plain, draw.validation.X), classes)
    predicted = _predict(plain, draw.target.X).bincount(minlength=classes) / len(draw.target.y)
    found = estimate(C, predicted.double(), draw.validation.shares)
    return Shares(C, found, torch.where(source > 0, found.shares / source, 0.0))


def _train_again(plain: Tensor, draw: Draw, weights: Tensor) -> Models:
    """With every loss weighted by β of its label; and, for comparison, on the target itself."""
    train, oracle, classes = draw.train, draw.oracle, len(draw.names)
    corrected = softmax_regression(train.X, train.y, classes, weights=weights[train.y], start=plain)
    return Models(plain, corrected, softmax_regression(oracle.X, oracle.y, classes, start=plain))


def _metrics(
    plain: Tensor, draw: Draw, shares: Shares, accuracies: dict[str, float]
) -> dict[str, float]:
    return {
        **{f"accuracy/{name}": value for name, value in accuracies.items()},
        "accuracy/source": _accuracy(plain, draw.validation),
        **_share_metrics(shares.found, draw.target.shares),
        "weights/effective_size": effective_size(shares.weights[draw.train.y]),
        "weights/largest": float(shares.weights.max()),
        "examples/train": float(len(draw.train.y)),
        "examples/target": float(len(draw.target.y)),
    }


def _predict(W: Tensor, X: Tensor, weights: Tensor | None = None) -> Tensor:
    """The likeliest class; with `weights`, after the odds were corrected for the shares."""
    scores = with_ones(X) @ W
    return (scores if weights is None else scores + weights.log()).argmax(1)


def _accuracy(W: Tensor, data: Labelled, weights: Tensor | None = None) -> float:
    return float((_predict(W, data.X, weights) == data.y).double().mean())


def _accuracies(models: Models, target: Labelled, weights: Tensor) -> dict[str, float]:
    return {
        "plain": _accuracy(models.plain, target),
        "corrected": _accuracy(models.corrected, target),
        "adjusted": _accuracy(models.plain, target, weights),
        "oracle": _accuracy(models.oracle, target),
    }


def _share_metrics(found: Estimate, true: Tensor) -> dict[str, float]:
    return {
        "shares/error": float((found.shares - true).abs().max()),
        "shares/error_counted": float((found.counted - true).abs().max()),
        "shares/condition": found.condition,
        "shares/negative": float((found.solved < 0).sum()),
        "shares/joint_sum": float(found.joint.sum()),
        "shares/joint_difference": found.joint_difference,
        **{f"shares/{j}": float(share) for j, share in enumerate(found.shares)},
    }


def _bars_of_shares(draw: Draw, shares: Tensor) -> Layers:
    """Shares as bars, the target's true ones as marks."""
    layer = {
        "values": shares.tolist(),
        "labels": list(draw.names),
        "reference": draw.target.shares.tolist(),
    }
    return {"bars": layer}


def _cells(draw: Draw, confusion: Tensor) -> Layers:
    """The confusion matrix, a column for each true class."""
    rows = [f"said {name}" for name in draw.names]
    return {"cells": {"values": confusion.tolist(), "rows": rows, "columns": list(draw.names)}}


def _points(draw: Draw) -> Layers:
    """The target's inputs by class, where they have two coordinates."""
    X, y = draw.target.X, draw.target.y
    if X.shape[1] != 2:
        return {}
    few = MOST_POINTS // len(draw.names)
    return {f"points {name}": xy(*X[y == j][:few].T) for j, name in enumerate(draw.names[:_SHOWN])}


def _side_by_side(draw: Draw, shares: Shares) -> Layers:
    columns = ["class", "source", "target", "counted", "estimated", "weight β", "joint solved"]
    found, known = shares.found, (draw.train.shares, draw.target.shares)
    values = (*known, found.counted, found.shares, shares.weights, found.joint)
    rows: list[list[object]] = [
        [name, *(float(column[j]) for column in values)] for j, name in enumerate(draw.names)
    ]
    rows.append(["Σ", *(float(column.sum()) for column in values)])
    rows.append(["how", found.how, draw.source, "", "", "", ""])
    return table(columns, rows)
