"""Ridge regression in closed form, for many problems and many λ at once."""

from __future__ import annotations

import torch
from torch import Tensor


def ridge(X: Tensor, y: Tensor, lambdas: Tensor) -> tuple[Tensor, Tensor]:
    """The minimum of mean (Xw + b − y)²/2 + λ‖w‖²/2 over w and b; the shortest w where λ = 0
    leaves a choice.

    `X` is (repetitions, n, inputs), `y` (repetitions, n, 1), `lambdas` (λs,). Returns weights
    (repetitions, inputs, λs) and biases (repetitions, 1, λs), in float64. With X − x̄ = UΣVᵀ the
    weights are V diag(σ/(σ² + nλ)) Uᵀ(y − ȳ).
    """
    X, y, n = X.double(), y.double(), X.shape[1]
    x_mean, y_mean = X.mean(1, keepdim=True), y.mean(1, keepdim=True)
    U, sigma, Vt = torch.linalg.svd(X - x_mean, full_matrices=False)
    sigma = sigma.unsqueeze(2)
    smallest = sigma.amax(1, keepdim=True) * max(X.shape[1:]) * torch.finfo(X.dtype).eps
    filtered = torch.where(sigma > smallest, sigma / (sigma**2 + n * lambdas.double()), 0.0)
    w = Vt.mT @ (filtered * (U.mT @ (y - y_mean)))
    return w, y_mean - x_mean @ w
