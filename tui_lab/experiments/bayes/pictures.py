"""Data for the pictures of `bayes`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tui_lab.experiments.bayes.integrals import log_evidence
from tui_lab.experiments.bayes.level_lines import Window, likelihood_line, prior_line
from tui_lab.experiments.bayes.penalized import lasso, ridge
from tui_lab.experiments.bayes.posterior import Data, Posterior

Layers = dict[str, Mapping[str, Any]]

_GRID = 61
"""Points along each side of the contour's grid."""
_CURVE = 401
_STRENGTHS = torch.logspace(-6, 6, 97, dtype=torch.float64)
NARROWEST, WIDEST = 1e-5, 10.0
"""Scales of the prior between which the evidence is drawn and its top looked for."""
_SCALES = 61
_DEEPEST = -30.0
"""Where the log posterior is cut off, from its top."""


@dataclass(frozen=True)
class Solution:
    """The weights found, each by its own way."""

    true: Tensor
    least_squares: Tensor
    map: Tensor
    penalized: Tensor
    mean: Tensor
    sd: Tensor


def one_weight(
    posterior: Posterior, w2: float, found: tuple[float, float, float], true: float
) -> Layers:
    """Densities of w₁ with the second weight known to be `w2`; `found` is mode, mean and sd."""
    mode, mean, sd = found
    a = float(posterior.data.precision[0, 0])
    best = float(posterior.data.pull[0] - posterior.data.precision[0, 1] * w2) / a if a else 0.0
    widest = min(3 * float(posterior.belief.stddev), 12 * sd)
    around = [mode - 5 * sd, mode + 5 * sd, mean, true, -widest, widest, best]
    w = torch.linspace(min(around), max(around), _CURVE, dtype=torch.float64)
    w = torch.cat((w, torch.tensor([mode, mean, 0.0], dtype=torch.float64))).sort().values
    log_prior = posterior.belief.log_prob(w)
    log_likelihood = -a * (w - best) ** 2 / 2
    log_joint = log_prior + log_likelihood
    density = (log_joint - log_joint.max()).exp()
    density /= torch.trapezoid(density, w)
    at = [float(density[(w - place).abs().argmin()]) for place in (mode, mean)]
    likelihood = _xy(w, (a / (2 * torch.pi)) ** 0.5 * log_likelihood.exp()) if a else {}
    return {
        "line prior": _xy(w, log_prior.exp()),
        "line likelihood": likelihood,
        "line posterior": _xy(w, density),
        "points MAP": {"x": [mode], "y": at[:1]},
        "points mean": {"x": [mean], "y": at[1:]},
        "points true": {"x": [true], "y": [0.0]},
    }


def two_weights(posterior: Posterior, found: Solution) -> Layers:
    """The log posterior over both weights with everything that was found marked on it."""
    low, high = window(found)
    steps = torch.linspace(0, 1, _GRID, dtype=torch.float64)
    x, y = (low[j] + (high[j] - low[j]) * steps for j in (0, 1))
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    z = log_ratio(posterior, grid, found.map).clamp(min=_DEEPEST)
    return {
        "field": {"x": x.tolist(), "y": y.tolist(), "z": z.tolist()},
        "line/prior through MAP": prior_line(posterior.prior, found.map, (low, high)),
        "line/likelihood through MAP": likelihood_line(posterior.data, found.map, (low, high)),
        "points/true": _point(found.true),
        "points/mean": _point(found.mean),
        "points/penalised": _point(found.penalized),
        "points/MAP": _point(found.map),
    }


def log_ratio(posterior: Posterior, w: Tensor, top: Tensor) -> Tensor:
    """log posterior(w) − log posterior(top), without a pass over all examples for each w."""
    A, c = posterior.data.precision, posterior.data.pull
    u = w - top
    fit = u @ (c - A @ top) - ((u @ A) * u).sum(-1) / 2
    return fit + posterior.log_prior(w) - posterior.log_prior(top)


def window(found: Solution) -> Window:
    """What the contour shows: 0, every solution, and the posterior around its mean."""
    spread = 3.5 * found.sd
    places = torch.stack(
        (torch.zeros(2).double(), found.true, found.map, found.mean - spread, found.mean + spread)
    )
    low, high = places.amin(0), places.amax(0)
    return low - 0.08 * (high - low), high + 0.08 * (high - low)


def weights_for_every_strength(data: Data, prior: str, present: float, solution: Tensor) -> Layers:
    """Both weights along the penalties, and where the present one stands among them."""
    count = len(data.y)
    if not count:
        return {"line w₁": {}, "line w₂": {}, "points MAP": {}}
    solve = lasso if prior == "laplace" else ridge
    gram, moment = data.X.T @ data.X / count, data.X.T @ data.y / count
    path = torch.stack([solve(gram, moment, float(strength)) for strength in _STRENGTHS])
    return {
        "line w₁": _xy(_STRENGTHS, path[:, 0]),
        "line w₂": _xy(_STRENGTHS, path[:, 1]),
        "points MAP": {"x": [present, present], "y": solution.tolist()},
    }


def scales() -> Tensor:
    """The scales that are drawn, even on a log axis, with both ends as they are said to be."""
    ends = math.log10(NARROWEST), math.log10(WIDEST)
    drawn = torch.logspace(ends[0], ends[1], _SCALES, dtype=torch.float64)
    return drawn.clamp(NARROWEST, WIDEST)


def evidence(data: Data, prior: str, present: float, best: float) -> Layers:
    """log p(y | X) for priors of every scale; `best` is NaN where all are equally good."""
    places = torch.tensor([present, best], dtype=torch.float64)
    now, top = log_evidence(data, prior, places.nan_to_num(present)).tolist()
    return {
        "line evidence": _xy(scales(), log_evidence(data, prior, scales())),
        "points best": {"x": [best], "y": [top]} if len(data.y) else {},
        "points present": {"x": [present], "y": [now]},
    }


def weights_table(found: Solution) -> Layers:
    """Every way to the weights, a row each."""
    rows: list[list[object]] = [
        ["true", *found.true.tolist()],
        ["least squares", *found.least_squares.tolist()],
        ["MAP", *found.map.tolist()],
        ["penalised", *found.penalized.tolist()],
        ["posterior mean", *found.mean.tolist()],
        ["posterior sd", *found.sd.tolist()],
    ]
    return {"table": {"columns": ["", "w₁", "w₂"], "rows": rows}}


def prior_and_penalty(prior: str, metrics: Mapping[str, float], noise: float, n: int) -> Layers:
    """The dictionary between belief and penalty, with the present values."""
    gaussian = prior == "gaussian"
    rows: list[list[object]] = [
        ["prior", "N(0, τ²)" if gaussian else "Laplace(b)", ""],
        ["its scale", "τ" if gaussian else "b", metrics["tau"]],
        ["penalty", "λ‖w‖²/2" if gaussian else "λ‖w‖₁", ""],
        ["its strength", "λ = s²/(nτ²)" if gaussian else "λ = s²/(nb)", metrics["lambda"]],
        ["noise", "s", noise],
        ["examples", "n", n],
        ["MAP − penalised", "largest difference", metrics["map/difference"]],
        ["log evidence", "log p(y | X)", metrics["evidence/log"]],
        [
            "best scale",
            f"of the largest evidence, {NARROWEST:g} to {WIDEST:g}",
            metrics["evidence/best_tau"],
        ],
    ]
    return {"table": {"columns": ["", "", "value"], "rows": rows}}


def _xy(x: Tensor, y: Tensor) -> Mapping[str, Any]:
    return {"x": x.tolist(), "y": y.tolist()}


def _point(w: Tensor) -> Mapping[str, Any]:
    return {"x": [float(w[0])], "y": [float(w[1])]}
