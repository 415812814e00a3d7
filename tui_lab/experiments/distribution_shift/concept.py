"""Concept shift: the same inputs, but the line between the classes turns."""

from __future__ import annotations

import math
from types import SimpleNamespace

import torch
from torch import Tensor

from tui_lab.experiments.distribution_shift.importance import importance_weights
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
    logistic_regression,
    with_ones,
)
from tui_lab.training.linear_model import normal

_CURVE = 91
_PENALTY = 1e-6
"""λ of λ‖w‖²/2 beside the mean loss. Without noise the classes can be separated, and then it alone
says how sure a model gets, and so how slowly it learns anew."""
_TEST = 5000
"""Fresh examples of the last concept that accuracies are measured on."""


def concept_shift(hp: SimpleNamespace, generator: torch.Generator) -> Outcome:
    """Classify points by a line through 0 that turns by `angle` degrees in `periods` steps: one
    model stays as it was, the other learns a little from each period's examples."""
    X, y = _draw(hp.examples, 0.0, hp.noise, generator)
    plain = logistic_regression(X, y, _PENALTY)
    updated, new, labels, measured = _followed(plain, hp, generator)
    fresh, fresh_labels = _draw(_TEST, hp.angle, hp.noise, generator)
    models = {
        "plain": plain,
        "updated": updated,
        "oracle": logistic_regression(new, labels, _PENALTY),
    }
    accuracies = {name: _accuracy(w, fresh, fresh_labels) for name, w in models.items()}
    weights, _ = importance_weights(with_ones(X), with_ones(new))
    expected = expected_accuracy(_angle(plain) - hp.angle, hp.noise)
    metrics = {
        **{f"accuracy/{name}": accuracy for name, accuracy in accuracies.items()},
        "accuracy/plain_expected": expected,
        "angle/plain": _between(plain, hp.angle),
        "angle/updated": _between(updated, hp.angle),
        "weights/effective_size": effective_size(weights),
    }
    pictures = {
        "boundary": _boundary(fresh, fresh_labels, hp.angle, plain, updated),
        "accuracy and angle": _course(measured, _angle(plain), hp.angle, hp.noise),
        "plain and corrected": bars(accuracies, expected),
        "side by side": _side_by_side(accuracies, models, hp.angle),
    }
    return Outcome(metrics, pictures)


def expected_accuracy(angle: float, noise: float) -> float:
    """How often a line through 0 that is `angle` degrees off is right: 1 − arccos(ρ)/π, where ρ is
    the correlation of the two scores."""
    correlation = math.cos(math.radians(angle)) / math.sqrt(1 + noise**2)
    return 1 - math.acos(correlation) / math.pi


def _followed(
    plain: Tensor, hp: SimpleNamespace, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, list[tuple[float, float, float]]]:
    """The model that learns from each period, the last period's examples with their classes, and of
    each the angle and how often the two models were right."""
    updated, measured = plain, []
    for period in range(1, hp.periods + 1):
        angle = hp.angle * period / hp.periods
        new, labels = _draw(hp.target_examples, angle, hp.noise, generator)
        measured.append((angle, _accuracy(plain, new, labels), _accuracy(updated, new, labels)))
        updated = _learn(updated, new, labels, hp.updates, hp.lr)
    return updated, new, labels, measured


def _draw(
    count: int, angle: float, noise: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Inputs N(0, I) and their classes under the concept turned by `angle` degrees."""
    draws = normal((count, 3), 1.0, generator, torch.float64)
    scores = draws[:, :2] @ _direction(angle) + noise * draws[:, 2]
    return draws[:, :2], (scores > 0).to(torch.float64)


def _direction(angle: float) -> Tensor:
    """The normal of the line between the classes."""
    radians = math.radians(angle)
    return torch.tensor((math.cos(radians), math.sin(radians)), dtype=torch.float64)


def _learn(w: Tensor, X: Tensor, y: Tensor, steps: int, lr: float) -> Tensor:
    """A few gradient steps on the mean logistic loss."""
    for _ in range(steps):
        w = w - lr * (X.T @ (torch.sigmoid(X @ w) - y)) / len(y)
    return w


def _accuracy(w: Tensor, X: Tensor, y: Tensor) -> float:
    return float(((X @ w > 0) == (y > 0.5)).double().mean())


def _angle(w: Tensor) -> float:
    return math.degrees(math.atan2(float(w[1]), float(w[0])))


def _between(w: Tensor, angle: float) -> float:
    """Degrees between a model's line and the true one, from 0 to 180."""
    return abs((_angle(w) - angle + 180) % 360 - 180)


def _boundary(X: Tensor, y: Tensor, angle: float, plain: Tensor, updated: Tensor) -> Layers:
    X, y = X[: 2 * MOST_POINTS], y[: 2 * MOST_POINTS]
    reach = float(X.norm(dim=1).max())

    def line(normal_angle: float) -> dict[str, list[float]]:
        across = _direction(normal_angle + 90) * reach
        ends = torch.stack((-across, across))
        return {"x": ends[:, 0].tolist(), "y": ends[:, 1].tolist()}

    return {
        "points class 0": xy(*X[y < 0.5].T),
        "points class 1": xy(*X[y > 0.5].T),
        "line truth": line(angle),
        "line plain": line(_angle(plain)),
        "line updated": line(_angle(updated)),
    }


def _course(
    measured: list[tuple[float, float, float]], plain: float, angle: float, noise: float
) -> Layers:
    angles, still, learning = (list(column) for column in zip(*measured, strict=True))
    steps = [angle * k / (_CURVE - 1) for k in range(_CURVE)]
    expected = [expected_accuracy(plain - step, noise) for step in steps]
    return {
        "points plain": {"x": angles, "y": still},
        "line expected of plain": {"x": steps, "y": expected},
        "line updated": {"x": angles, "y": learning},
    }


def _side_by_side(accuracies: dict[str, float], models: dict[str, Tensor], angle: float) -> Layers:
    taught = {"plain": "the old concept", "updated": "a little of each", "oracle": "the new one"}
    rows: list[list[object]] = [
        [name, taught[name], accuracies[name], _between(w, angle)] for name, w in models.items()
    ]
    return table(["model", "learned from", "accuracy now", "degrees off"], rows)
