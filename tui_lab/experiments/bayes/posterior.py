"""Prior, likelihood and posterior of two weights of a linear model with known noise."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Distribution, Laplace, Normal


@dataclass(frozen=True)
class Data:
    """Examples `X` (n, 2) and `y` (n,), whose noise has the standard deviation `noise`."""

    X: Tensor
    y: Tensor
    noise: float

    @property
    def precision(self) -> Tensor:
        """XᵀX/s²: how sharply the likelihood knows the weights."""
        return self.X.T @ self.X / self.noise**2

    @property
    def pull(self) -> Tensor:
        """Xᵀy/s², the gradient of the log likelihood at w = 0."""
        return self.X.T @ self.y / self.noise**2

    def log_likelihood(self, w: Tensor) -> Tensor:
        """log p(y | X, w) for weights (..., 2), from the density of the noise."""
        noise = Normal(w @ self.X.T, self.noise, validate_args=False)
        log_density: Tensor = noise.log_prob(self.y)
        return log_density.sum(-1)

    @property
    def rank(self) -> int:
        """How many directions of w the examples can tell apart."""
        return int(torch.linalg.matrix_rank(self.X)) if len(self.y) else 0

    def least_squares(self) -> Tensor:
        """Where the likelihood is largest; the smallest of such w where there are many."""
        inverse: Tensor = torch.linalg.pinv(self.X)
        return inverse @ self.y


@dataclass(frozen=True)
class Posterior:
    """What is believed after the data; `prior` is gaussian or laplace, `scale` its τ or b."""

    data: Data
    prior: str
    scale: float

    @property
    def belief(self) -> Distribution:
        """The prior of one weight."""
        if self.prior == "laplace":
            return Laplace(_number(0.0), _number(self.scale), validate_args=False)
        return Normal(_number(0.0), _number(self.scale), validate_args=False)

    def log_prior(self, w: Tensor) -> Tensor:
        """log p(w) for weights (..., 2)."""
        log_density: Tensor = self.belief.log_prob(w)
        return log_density.sum(-1)

    def log_joint(self, w: Tensor) -> Tensor:
        """log p(w) + log p(y | X, w): the log posterior up to a constant, the evidence."""
        return self.log_prior(w) + self.data.log_likelihood(w)

    def maximum(self) -> Tensor:
        """The MAP: one Newton step where the log posterior is quadratic, else the best of the
        pieces on which it is."""
        if self.prior == "laplace":
            tops = torch.stack(list(self._tops_of_pieces()))
            return tops[self.log_joint(tops).argmax()]
        with torch.enable_grad():
            w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
            (gradient,) = torch.autograd.grad(self.log_joint(w), w, create_graph=True)
            rows = [torch.autograd.grad(part, w, retain_graph=True)[0] for part in gradient]
        step: Tensor = torch.linalg.solve(torch.stack(rows), -gradient.detach())
        return step

    def _tops_of_pieces(self) -> Iterator[Tensor]:
        """For each way to choose the signs of the weights, 0 among them: where the log posterior
        would be largest, if that has these signs."""
        A, c = self.data.precision, self.data.pull
        for signs in itertools.product((0.0, 1.0, -1.0), repeat=2):
            sign = torch.tensor(signs, dtype=torch.float64)
            free = sign != 0
            w = torch.zeros(2, dtype=torch.float64)
            part = A[free][:, free]
            if torch.linalg.matrix_rank(part) < len(part):
                continue  # a flat piece: its top is at its edge, which is another piece
            w[free] = torch.linalg.solve(part, (c - sign / self.scale)[free])
            if torch.equal(w.sign(), sign):
                yield w


def penalty_of(prior: str, scale: float, noise: float, examples: int) -> float:
    """λ of the penalty that a prior amounts to; infinite when there are no examples.

    −log posterior = (n/s²)·(mean half squared error + penalty) + constant, with λ‖w‖²/2 and
    λ = s²/(nτ²) for the Gaussian, λ‖w‖₁ and λ = s²/(nb) for the Laplace prior.
    """
    share = noise**2 / examples if examples else torch.inf
    return share / (scale if prior == "laplace" else scale**2)


def scale_of(prior: str, strength: float, noise: float, examples: int) -> float:
    """The other way: the scale of the prior that a penalty amounts to."""
    squared = noise**2 / (examples * strength)
    return float(squared if prior == "laplace" else squared**0.5)


def _number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)
