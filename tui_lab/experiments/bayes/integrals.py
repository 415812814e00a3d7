"""Evidence, means and spreads: integrals over the posterior, for many scales of the prior at once.

Closed forms for the Gaussian prior. For the Laplace prior the inner integral is a closed form (two
halves of a Gaussian) and the outer one is done numerically.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from tui_lab.experiments.bayes.density import Moments, log_half_line, moments
from tui_lab.experiments.bayes.posterior import Data

_TAILS = 50.0
"""Spreads beyond the middle in which the top of a marginal is looked for."""


def posterior_moments(data: Data, prior: str, scale: float) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (2,) of the weights under the posterior."""
    scales = torch.tensor([scale], dtype=torch.float64)
    if prior == "laplace":
        both = [_laplace_marginal(data, scales, j) for j in (0, 1)]
        return torch.cat([m.mean for m in both]), torch.cat([m.sd for m in both])
    precision, mean = _gaussian(data, scales)
    return mean[0], torch.linalg.inv(precision[0]).diagonal().sqrt()


def log_evidence(data: Data, prior: str, scales: Tensor) -> Tensor:
    """log p(y | X) for each scale of the prior."""
    if prior == "laplace":
        constant = data.log_likelihood(data.least_squares()) - 2 * (2 * scales).log()
        return _laplace_marginal(data, scales, 0).log_total + constant
    precision, mean = _gaussian(data, scales)
    log_prior = -(mean**2).sum(1) / (2 * scales**2) - (2 * math.pi * scales**2).log()
    volume = math.log(2 * math.pi) - torch.logdet(precision) / 2
    return data.log_likelihood(mean) + log_prior + volume


def given_second(data: Data, prior: str, scale: float, w2: float) -> tuple[float, float, float]:
    """The posterior of w₁ when w₂ is known: its top, mean and standard deviation."""
    a = float(data.precision[0, 0])
    c = float(data.pull[0] - data.precision[0, 1] * w2)
    if prior != "laplace":
        sharpness = a + scale**-2
        return c / sharpness, c / sharpness, sharpness**-0.5

    best = c / a if a else 0.0

    def log_density(w: Tensor) -> Tensor:
        return -a * (w - best) ** 2 / 2 - w.abs() / scale

    top = math.copysign(abs(c) - 1 / scale, c) / a if abs(c) > 1 / scale else 0.0
    reach = scale * (c * best / 2 + 1)
    if a:
        reach = min(reach, abs(best) + _TAILS * a**-0.5)
    found = moments(log_density, torch.tensor([[reach]], dtype=torch.float64))
    return top, float(found.mean), float(found.sd)


def _gaussian(data: Data, scales: Tensor) -> tuple[Tensor, Tensor]:
    """Precision (rows, 2, 2) and mean (rows, 2) of the posterior."""
    identity = torch.eye(2, dtype=torch.float64)
    precision = data.precision + identity / (scales**2)[:, None, None]
    return precision, torch.linalg.solve(precision, data.pull.expand(len(scales), 2))


def _laplace_marginal(data: Data, scales: Tensor, j: int) -> Moments:
    """The marginal of weight j under likelihood / its largest value · exp(−‖w‖₁/b).

    Around least squares the likelihood is a Gaussian in weight j, as sharp as the part of its input
    that the other input does not explain, times a Gaussian in the other weight given this one.
    """
    own, other = data.X[:, j], data.X[:, 1 - j]
    size = other @ other
    share = own @ other / size if size > 0 else size
    apart = own - share * other
    sharpness = apart @ apart / data.noise**2 if data.rank == 2 else torch.zeros_like(size)
    best = data.least_squares()
    edge = 1 / scales[:, None]

    def log_density(w: Tensor) -> Tensor:
        middle = best[1 - j] - share * (w - best[j])
        halves = [log_half_line(size / data.noise**2, side * middle, edge) for side in (1, -1)]
        return torch.logaddexp(*halves) - sharpness * (w - best[j]) ** 2 / 2 - w.abs() * edge

    return moments(log_density, _reach(data, scales, j)[:, None])


def _reach(data: Data, scales: Tensor, j: int) -> Tensor:
    """Bounds of a marginal's top: the likelihood gains at most ‖y‖²/2s² over w = 0, which no prior
    pays more than that for; and where the likelihood has a single top, it holds it near."""
    size = torch.linalg.vector_norm(data.y) / data.noise
    bound: Tensor = scales * (size**2 / 2 + 1)
    if data.rank < 2:
        return bound
    spread: Tensor = torch.linalg.inv(data.precision)[j, j].sqrt()
    return bound.minimum(2 * spread * (size + _TAILS))
