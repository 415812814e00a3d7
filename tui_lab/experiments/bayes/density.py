"""Densities of one variable that are known up to a factor: their total, mean and spread.

All are log-concave, a row each, so that the top can be closed in on and the tails cut off safely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

LogDensity = Callable[[Tensor], Tensor]
"""Values (rows, k) -> logarithms of the densities there, up to a constant per row."""

_DEPTH = 50.0
"""Nats below the top where a tail is cut off: a share of 1e-22."""
_ZOOM, _LEVELS = 65, 12
"""Points of a grid around the top, and how often it is refined."""
_FAR, _DECADES = 100.0, 15
"""How far from the top, in reaches, and over how many decades the end of a tail is searched."""
_PANELS, _NODES = 12, 20
"""Gauss-Legendre: pieces of each smooth part, and nodes of each piece."""


@dataclass(frozen=True)
class Moments:
    """What integrals over each row's density give, (rows,) each."""

    log_total: Tensor
    mean: Tensor
    sd: Tensor


def moments(log_density: LogDensity, reach: Tensor) -> Moments:
    """Integrate each of the densities, whose top lies within ±`reach` (rows, 1); they may have a
    kink at 0."""
    top = _top(log_density, reach)
    highest = log_density(top)
    low = top - _tail(log_density, top, highest, -1.0, reach)
    high = top + _tail(log_density, top, highest, 1.0, reach)
    zero = torch.zeros_like(top).clamp(low, high)
    first, second = torch.minimum(zero, top), torch.maximum(zero, top)
    parts = [_nodes(low, first), _nodes(first, second), _nodes(second, high)]
    x = torch.cat([nodes for nodes, _ in parts], dim=1)
    mass = torch.cat([widths for _, widths in parts], dim=1) * (log_density(x) - highest).exp()
    total = mass.sum(1, keepdim=True)
    mean = (mass * x).sum(1, keepdim=True) / total
    variance = (mass * (x - mean) ** 2).sum(1, keepdim=True) / total
    log_total = highest + total.log()
    return Moments(log_total[:, 0], mean[:, 0], variance.sqrt()[:, 0])


def log_half_line(a: Tensor, m: Tensor, k: Tensor) -> Tensor:
    """log ∫₀^∞ exp(−a(w − m)²/2 − k w) dw for a ≥ 0 and k > 0, by the side of 0 on which the
    exponent is largest; neither loses digits to large numbers that cancel."""
    a = a.clamp(min=1e-300)
    c = a * m - k
    scaled = torch.special.erfcx(-c.clamp(max=0.0) / (2 * a).sqrt())
    below = scaled.log() + (torch.pi / (2 * a)).log() / 2 - a * m * m / 2
    above = torch.special.log_ndtr(c / a.sqrt()) + (2 * torch.pi / a).log() / 2
    return torch.where(c > 0, above + k * (k / (2 * a) - m), below)


def _top(log_density: LogDensity, reach: Tensor) -> Tensor:
    """Where each density is largest, (rows, 1): grids around the best point of the one before."""
    offsets = torch.linspace(-1.0, 1.0, _ZOOM, dtype=torch.float64)
    top, width = torch.zeros_like(reach), reach
    for _ in range(_LEVELS):
        grid = top + width * offsets
        top = grid.gather(1, log_density(grid).argmax(1, keepdim=True))
        width = width * (4 / _ZOOM)
    return top


def _tail(
    log_density: LogDensity, top: Tensor, highest: Tensor, side: float, reach: Tensor
) -> Tensor:
    """How far from the top each density is cut off on that side."""
    distances = _FAR * reach * torch.logspace(-_DECADES, 0, 20 * _DECADES, dtype=torch.float64)
    deep = log_density(top + side * distances) < highest - _DEPTH
    deep[:, -1] = True
    return distances.gather(1, deep.to(torch.int8).argmax(1, keepdim=True))


def _nodes(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Gauss-Legendre nodes and weights between `low` and `high`, a row each."""
    at, weights = _rule()
    width = high - low
    return low + width * at, width * weights


@cache
def _rule() -> tuple[Tensor, Tensor]:
    """The rule of all panels together, on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    starts = np.arange(_PANELS)[:, None] / _PANELS
    at = (starts + (nodes + 1) / 2 / _PANELS).reshape(-1)
    return torch.from_numpy(at), torch.from_numpy(np.tile(weights / 2 / _PANELS, _PANELS))
