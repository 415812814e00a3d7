"""Small models with an answer that can be computed: least squares, logistic, softmax regression."""

from __future__ import annotations

import torch
from torch import Tensor

_NEWTON_STEPS = 100
_DECAY = 1e-3
_DESCENT_STEPS = 1000
_TOLERANCE = 1e-4


def powers(x: Tensor, degree: int) -> Tensor:
    """1, x, …, x^degree for each of the numbers `x` (n,)."""
    return torch.stack([x**k for k in range(degree + 1)], dim=-1)


def least_squares(X: Tensor, y: Tensor, weights: Tensor | None = None) -> Tensor:
    """The w that minimises Σ weight·(y − Xw)², all weights 1 when None."""
    root = torch.ones_like(y) if weights is None else weights.sqrt()
    inverse: Tensor = torch.linalg.pinv(root[:, None] * X)
    return inverse @ (root * y)


def logistic_regression(X: Tensor, y: Tensor, penalty: float) -> Tensor:
    """The w of P(y = 1 | x) = σ(x·w) with the smallest mean logistic loss plus penalty·‖w‖²/2, by
    Newton's method.

    Without a penalty there is no such w where the classes can be separated.
    """
    w = torch.zeros(X.shape[1], dtype=X.dtype)
    ridge = penalty * torch.eye(len(w), dtype=X.dtype)

    def loss(w: Tensor) -> float:
        scores = X @ w
        likelihood = torch.nn.functional.softplus(scores) - y * scores
        return float(likelihood.mean() + penalty * (w @ w) / 2)

    for _ in range(_NEWTON_STEPS):
        p = torch.sigmoid(X @ w)
        gradient = X.T @ (p - y) / len(y) + penalty * w
        hessian = (X.T * (p * (1 - p))) @ X / len(y) + ridge
        step: Tensor = torch.linalg.solve(hessian, gradient)
        size = 1.0
        while loss(w - size * step) > loss(w) and size > 1e-4:
            size /= 2  # far from the top a whole step may overshoot
        w = w - size * step
        if float(step.abs().max()) < 1e-10:
            break
    return w


def softmax_regression(
    X: Tensor,
    y: Tensor,
    classes: int,
    *,
    weights: Tensor | None = None,
    start: Tensor | None = None,
) -> Tensor:
    """The matrix W (d + 1, classes) of softmax(xW + b), its last row b, with the smallest mean
    cross-entropy, each example weighted, plus a little weight decay.

    By Nesterov's method in the metric of XᵀX/2, which no Hessian of the loss exceeds: every step
    goes down, without a search for its length.
    """
    X, labels = with_ones(X), torch.nn.functional.one_hot(y, classes).to(X.dtype)
    share = torch.ones(len(y), dtype=X.dtype) if weights is None else weights
    weighted = (X * (share / share.sum())[:, None]).T
    decay = torch.tensor([[_DECAY]] * (X.shape[1] - 1) + [[0.0]], dtype=X.dtype)  # none of b
    factor = torch.linalg.cholesky(weighted @ X / 2 + decay.flatten().diag())
    W = ahead = torch.zeros(X.shape[1], classes, dtype=X.dtype) if start is None else start
    age = 0
    for _ in range(_DESCENT_STEPS):
        gradient = weighted @ ((X @ ahead).softmax(1) - labels) + decay * ahead
        new = ahead - torch.cholesky_solve(gradient, factor)
        moved = new - W
        age = 0 if float((gradient * moved).sum()) > 0 else age + 1  # start again when it turns
        W, ahead = new, new + age / (age + 3) * moved
        if float(moved.abs().max()) < _TOLERANCE * float(W.abs().max()):
            break
    return W


def with_ones(X: Tensor) -> Tensor:
    """The inputs with a last one that is always 1."""
    return torch.cat((X, torch.ones(len(X), 1, dtype=X.dtype)), dim=1)


def effective_size(weights: Tensor) -> float:
    """(Σβ)²/Σβ²: how many equally weighted examples would be as good."""
    return float(weights.sum() ** 2 / (weights**2).sum())
