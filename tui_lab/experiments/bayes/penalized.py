"""Ridge and lasso for two weights, without a word of probability.

Both minimise mean (y − Xw)²/2 plus a penalty; `gram` is XᵀX/n and `moment` is Xᵀy/n.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_ROUNDS = 200
_TOLERANCE = 1e-15
"""Movement of a sweep, relative to the weights, below which coordinate descent has arrived."""


def ridge(gram: Tensor, moment: Tensor, strength: float) -> Tensor:
    """The minimum with the penalty strength·‖w‖²/2: (XᵀX/n + λI) w = Xᵀy/n."""
    if math.isinf(strength):
        return torch.zeros_like(moment)
    identity = torch.eye(len(moment), dtype=gram.dtype)
    solution: Tensor = torch.linalg.solve(gram + strength * identity, moment)
    return solution


def lasso(gram: Tensor, moment: Tensor, strength: float) -> Tensor:
    """The minimum with the penalty strength·‖w‖₁, by coordinate descent.

    After two sweeps over the weights it goes on from the first to the second and beyond, as far as
    that helps: with correlated inputs coordinate descent alone would take millions of steps.
    """
    if math.isinf(strength):
        return torch.zeros_like(moment)
    G: list[list[float]] = gram.tolist()
    m: list[float] = moment.tolist()
    w = [0.0] * len(m)
    for _ in range(_ROUNDS):
        once = _sweep(G, m, w, strength)
        w = _sweep(G, m, once, strength)
        direction = [new - old for new, old in zip(w, once, strict=True)]
        if max(map(abs, direction)) <= _TOLERANCE * max(map(abs, w)):
            break
        w = _moved(w, direction, _best_step(G, m, w, direction, strength))
    return torch.tensor(w, dtype=gram.dtype)


def _sweep(G: list[list[float]], m: list[float], w: list[float], strength: float) -> list[float]:
    """Each weight in turn to its own minimum, by soft threshold."""
    w = w.copy()
    for j, row in enumerate(G):
        if row[j] > 0:
            others = sum(row[k] * w[k] for k in range(len(w)) if k != j)
            w[j] = _soft_threshold(m[j] - others, strength) / row[j]
    return w


def _soft_threshold(value: float, threshold: float) -> float:
    return math.copysign(abs(value) - threshold, value) if abs(value) > threshold else 0.0


def _best_step(
    G: list[list[float]], m: list[float], w: list[float], d: list[float], strength: float
) -> float:
    """The t ≥ 0 that minimises the objective at w + t·d: a parabola between the places where a
    weight changes its sign."""
    size = range(len(w))
    curvature = sum(d[i] * G[i][j] * d[j] for i in size for j in size)
    slope = sum(d[i] * (sum(G[i][j] * w[j] for j in size) - m[i]) for i in size)
    kinks = sorted({0.0, *(-w[i] / d[i] for i in size if d[i] and w[i] * d[i] < 0)})
    for low, high in zip(kinks, [*kinks[1:], math.inf], strict=True):
        inside = low + 1.0 if math.isinf(high) else (low + high) / 2
        signs = [math.copysign(1.0, w[i] + inside * d[i]) for i in size]
        total = slope + strength * sum(s * d[i] for i, s in zip(size, signs, strict=True))
        if total + curvature * low >= 0:
            return low
        if curvature > 0 and -total / curvature <= high:
            return -total / curvature
    return kinks[-1]


def _moved(w: list[float], d: list[float], t: float) -> list[float]:
    """w + t·d; a weight that is taken to its kink is exactly 0."""
    return [0.0 if b and t == -a / b else a + t * b for a, b in zip(w, d, strict=True)]
