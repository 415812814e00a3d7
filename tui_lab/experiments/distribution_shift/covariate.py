"""Covariate shift: other inputs, the same law between inputs and labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor

from tui_lab.experiments.distribution_shift.importance import (
    domain_accuracy,
    importance_weights,
)
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
    least_squares,
    powers,
)
from tui_lab.training.linear_model import normal

_MOST_EXAMPLES = 2000
"""All are drawn, so that more of them are the same and then others."""
_CURVE = 121


@dataclass(frozen=True)
class Law:
    """y = x + curvature·x²/2 + N(0, noise²); inputs N(0, 1) to train on, N(mean, sd²) as target."""

    mean: float
    sd: float
    curvature: float
    noise: float

    def truth(self, x: Tensor) -> Tensor:
        """The label without its noise."""
        return x + self.curvature * x**2 / 2

    def log_ratio(self, x: Tensor) -> Tensor:
        """log p(x)/q(x), target over training density."""
        return x**2 / 2 - ((x - self.mean) / self.sd) ** 2 / 2 - math.log(self.sd)

    def target_loss(self, w: Tensor) -> float:
        """The expected half squared error of the polynomial `w` on the target, exactly."""
        nodes, shares = _gauss_hermite()
        x = self.mean + self.sd * nodes
        missed = powers(x, len(w) - 1) @ w - self.truth(x)
        return float(shares @ missed**2 + self.noise**2) / 2


@dataclass(frozen=True)
class Sample:
    """Inputs and labels of one domain."""

    x: Tensor
    y: Tensor


def covariate_shift(hp: SimpleNamespace, generator: torch.Generator) -> Outcome:
    """Fit a polynomial to the training inputs: plainly, weighted by estimated and by exact
    importance, and to the target's own labels."""
    law = Law(hp.mean_shift, hp.scale_shift, hp.curvature, hp.noise)
    train, target = _draw(law, hp.examples, hp.target_examples, generator)
    features = [powers(sample.x, hp.ratio_degree) for sample in (train, target)]
    estimated, h = importance_weights(features[0], features[1])
    used = _clipped(estimated, hp.clip)
    X = powers(train.x, hp.degree)
    fits = {
        "plain": least_squares(X, train.y),
        "weighted": least_squares(X, train.y, used),
        "exact": least_squares(X, train.y, _clipped(law.log_ratio(train.x).exp(), hp.clip)),
        "oracle": least_squares(powers(target.x, hp.degree), target.y),
    }
    metrics = {
        **_weight_metrics(law, train, estimated, used),
        "domain/accuracy": domain_accuracy(features[0], features[1], h),
        **{f"test/loss_{name}": law.target_loss(w) for name, w in fits.items()},
        **{f"train/loss_{name}": _loss(X, train.y, fits[name]) for name in ("plain", "weighted")},
    }
    losses = {name: metrics[f"test/loss_{name}"] for name in fits}
    pictures = {
        "fit": _fit(law, train, target, fits),
        "importance weights": _weights(law, train, used),
        "plain and corrected": bars(losses, hp.noise**2 / 2),
        "side by side": _side_by_side(metrics, hp.examples, hp.clip),
    }
    return Outcome(metrics, pictures)


def _draw(law: Law, n: int, m: int, generator: torch.Generator) -> tuple[Sample, Sample]:
    """`n` examples to train on and `m` of the target."""
    draws = normal((4, _MOST_EXAMPLES), 1.0, generator, torch.float64)
    train, target = draws[0, :n], law.mean + law.sd * draws[2, :m]
    return (
        Sample(train, law.truth(train) + law.noise * draws[1, :n]),
        Sample(target, law.truth(target) + law.noise * draws[3, :m]),
    )


def _clipped(weights: Tensor, clip: float) -> Tensor:
    return weights.clamp(max=clip) if clip else weights


def _loss(X: Tensor, y: Tensor, w: Tensor) -> float:
    return float(((X @ w - y) ** 2).mean()) / 2


def _weight_metrics(law: Law, train: Sample, estimated: Tensor, used: Tensor) -> dict[str, float]:
    errors = estimated.log() - law.log_ratio(train.x)
    return {
        "weights/effective_size": effective_size(used),
        "weights/largest": float(used.max()),
        "weights/mean": float(estimated.mean()),
        "weights/clipped": float((used < estimated).sum()),
        "weights/log_error": float(errors.pow(2).mean().sqrt()),
        "weights/log_error_largest": float(errors.abs().max()),
    }


def _axis(train: Sample, target: Sample) -> Tensor:
    both = torch.cat((train.x, target.x))
    return torch.linspace(float(both.min()), float(both.max()), _CURVE, dtype=torch.float64)


def _fit(law: Law, train: Sample, target: Sample, fits: dict[str, Tensor]) -> Layers:
    x = _axis(train, target)
    lines = {
        f"line {name}": xy(x, powers(x, len(fits[name]) - 1) @ fits[name])
        for name in ("plain", "weighted")
    }
    return {
        "points train": xy(train.x[:MOST_POINTS], train.y[:MOST_POINTS]),
        "points target": xy(target.x[:MOST_POINTS], target.y[:MOST_POINTS]),
        **lines,
        "line truth": xy(x, law.truth(x)),
    }


def _weights(law: Law, train: Sample, used: Tensor) -> Layers:
    """Weights above a ten-thousandth of the largest: the rest has no say in the fit."""
    x = torch.linspace(float(train.x.min()), float(train.x.max()), _CURVE, dtype=torch.float64)
    exact = law.log_ratio(x).exp()
    shown = exact > 1e-4 * exact.max()
    points = used[:MOST_POINTS] > 1e-4 * used.max()
    return {
        "points estimated": xy(train.x[:MOST_POINTS][points], used[:MOST_POINTS][points]),
        "line exact": xy(x[shown], exact[shown]),
    }


def _side_by_side(metrics: dict[str, float], n: int, clip: float) -> Layers:
    size, bound = metrics["weights/effective_size"], f", at most {clip:g}" if clip else ""
    rows: list[list[object]] = [
        ["plain", "all equal", metrics["test/loss_plain"], n],
        ["weighted", f"estimated β{bound}", metrics["test/loss_weighted"], size],
        ["exact", f"true p/q{bound}", metrics["test/loss_exact"], ""],
        ["oracle", "target labels", metrics["test/loss_oracle"], ""],
    ]
    return table(["fit", "weights", "target loss", "effective n"], rows)


@cache
def _gauss_hermite() -> tuple[Tensor, Tensor]:
    """Nodes and shares of N(0, 1), exact for the squares of the polynomials used here."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    return torch.from_numpy(nodes), torch.from_numpy(weights / weights.sum())
