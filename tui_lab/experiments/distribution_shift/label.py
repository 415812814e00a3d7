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
from tui_lab.experiments.distribution_shift.shares import Estimate, confusion_matrix, estimate

_SHOWN = 5
"""Classes whose points are drawn in different colours."""


@dataclass(frozen=True)
class Models:
    """Weights of the classifiers, trained on the source, on the source weighted by the estimated
    label shares, and on labels of the target."""

    plain: Tensor
    corrected: Tensor
    oracle: Tensor


def label_shift(hp: SimpleNamespace, generator: torch.Generator, directory: str) -> Outcome:
    """Estimate the label shares of unlabelled target data from a classifier's predictions and its
    confusion matrix, and train again with the labels weighted accordingly."""
    if hp.data == "fashion-mnist":
        draw = fashion(hp, generator, directory)
    else:
        draw = gaussians(hp, generator)
    classes, source = len(draw.names), draw.train.shares
    plain = softmax_regression(draw.train.X, draw.train.y, classes)
    C = confusion_matrix(_predict(plain, draw.validation.X), draw.validation.y, classes)
    predicted = _predict(plain, draw.target.X).bincount(minlength=classes) / len(draw.target.y)
    found = estimate(C, predicted.double(), draw.validation.shares)
    weights = torch.where(source > 0, found.shares / source, 0.0)
    models = Models(
        plain,
        softmax_regression(
            draw.train.X, draw.train.y, classes, weights=weights[draw.train.y], start=plain
        ),
        softmax_regression(draw.oracle.X, draw.oracle.y, classes, start=plain),
    )
    accuracies = _accuracies(models, draw.target, weights)
    metrics = {
        **{f"accuracy/{name}": value for name, value in accuracies.items()},
        "accuracy/source": _accuracy(plain, draw.validation),
        **_share_metrics(found, draw.target.shares),
        "weights/effective_size": effective_size(weights[draw.train.y]),
        "weights/largest": float(weights.max()),
        "examples/train": float(len(draw.train.y)),
        "examples/target": float(len(draw.target.y)),
    }
    return Outcome(
        metrics,
        {
            "counted shares": _bars_of_shares(draw, found.counted),
            "estimated shares": _bars_of_shares(draw, found.shares),
            "confusion matrix": {
                "cells": {
                    "values": C.tolist(),
                    "rows": [f"said {name}" for name in draw.names],
                    "columns": list(draw.names),
                }
            },
            "classes": _points(draw),
            "plain and corrected": bars(accuracies),
            "side by side": _side_by_side(draw, found, weights),
        },
    )


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


def _points(draw: Draw) -> Layers:
    """The target's inputs by class, where they have two coordinates."""
    X, y = draw.target.X, draw.target.y
    if X.shape[1] != 2:
        return {}
    few = MOST_POINTS // len(draw.names)
    return {f"points {name}": xy(*X[y == j][:few].T) for j, name in enumerate(draw.names[:_SHOWN])}


def _side_by_side(draw: Draw, found: Estimate, weights: Tensor) -> Layers:
    columns = ["class", "source", "target", "counted", "estimated", "weight β", "joint solved"]
    values = (
        draw.train.shares,
        draw.target.shares,
        found.counted,
        found.shares,
        weights,
        found.joint,
    )
    rows: list[list[object]] = [
        [name, *(float(column[j]) for column in values)] for j, name in enumerate(draw.names)
    ]
    rows.append(["Σ", *(float(column.sum()) for column in values)])
    rows.append(["how", found.how, draw.source, "", "", "", ""])
    return table(columns, rows)
