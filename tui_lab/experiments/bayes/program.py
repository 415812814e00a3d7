"""Prior, likelihood and posterior in PyTorch: two ways to the same weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from tui_lab.experiments.bayes import pictures
from tui_lab.experiments.bayes.integrals import given_second, log_evidence, posterior_moments
from tui_lab.experiments.bayes.penalized import lasso, ridge
from tui_lab.experiments.bayes.posterior import Data, Posterior, penalty_of, scale_of
from tui_lab.training.linear_model import normal
from tui_lab.training.program import Demonstration, Pictures

_MOST_EXAMPLES = 10_000
"""All are drawn, whatever `examples` says, so that more of them are the same and then others."""
_REFINEMENTS = 4


class Bayes(Demonstration):
    """The weights with the largest posterior beside those with the smallest penalised loss.

    Two numbers are found in double precision on the CPU, whatever device there is.
    """

    def build(self) -> None:
        hp = self.hp
        data = self._draw()
        if hp.given == "tau":
            scale = hp.tau
            self._strength = penalty_of(hp.prior, scale, hp.noise, hp.examples)
        else:
            scale = scale_of(hp.prior, hp.strength, hp.noise, hp.examples)
            self._strength = hp.strength
        self._posterior = Posterior(data, hp.prior, scale)
        mean, sd = posterior_moments(data, hp.prior, scale)
        self._found = pictures.Solution(
            true=torch.tensor(hp.true_w, dtype=torch.float64),
            least_squares=data.least_squares() if data.rank == 2 else torch.full((2,), torch.nan),
            map=self._posterior.maximum(),
            penalized=self._penalized(data),
            mean=mean,
            sd=sd,
        )
        self._one = given_second(data, hp.prior, scale, hp.true_w[1])
        self._best = _best_scale(data, hp.prior)
        self._measured = self._measure()

    def _draw(self) -> Data:
        """Inputs of the wanted correlation and labels of the true weights."""
        hp, n = self.hp, self.hp.examples
        draws = normal((_MOST_EXAMPLES, 3), 1.0, self.generator, torch.float64)[:n]
        first, other, noise = draws.unbind(1)
        second = hp.correlation * first + (1 - hp.correlation**2) ** 0.5 * other
        X = torch.stack((first, second), dim=1)
        y = X @ torch.tensor(hp.true_w, dtype=torch.float64) + hp.noise * noise
        return Data(X, y, hp.noise)

    def _penalized(self, data: Data) -> Tensor:
        """The minimum of mean half squared error and penalty: no density has a part in it."""
        n = max(1, self.hp.examples)
        solve = lasso if self.hp.prior == "laplace" else ridge
        return solve(data.X.T @ data.X / n, data.X.T @ data.y / n, self._strength)

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return self._measured

    def _measure(self) -> dict[str, float]:
        found, posterior = self._found, self._posterior
        scale = torch.tensor([posterior.scale], dtype=torch.float64)
        evidence = log_evidence(posterior.data, posterior.prior, scale)
        return {
            "lambda": self._strength,
            "tau": posterior.scale,
            **_pair("map/w", found.map),
            **_pair("penalized/w", found.penalized),
            "map/difference": float((found.map - found.penalized).abs().max()),
            "map/error": float((found.map - found.true).abs().max()),
            **_pair("least_squares/w", found.least_squares),
            **_pair("posterior/mean_w", found.mean),
            **_pair("posterior/sd_w", found.sd),
            "prior/sd": float(posterior.belief.stddev),
            **dict(zip(("one/map", "one/mean", "one/sd"), self._one, strict=True)),
            "evidence/log": float(evidence),
            "evidence/best_tau": self._best,
            "identity/error": self._identity_error(),
        }

    def _identity_error(self) -> float:
        """Compares −log(prior × likelihood), from densities, with the penalised loss, from
        residuals, on a coarse grid."""
        hp, data = self.hp, self._posterior.data
        low, high = pictures.window(self._found)
        steps = torch.linspace(0, 1, 7, dtype=torch.float64)
        w = torch.cartesian_prod(*(low[j] + (high[j] - low[j]) * steps for j in (0, 1)))
        residuals = (w @ data.X.T - data.y) / hp.noise
        n_times_loss = (residuals**2).sum(1) / 2
        weight = self._posterior.scale
        penalty = (
            w.abs().sum(1) / weight if hp.prior == "laplace" else (w**2).sum(1) / 2 / weight**2
        )
        energy = -self._posterior.log_joint(w)
        deviation = energy - (n_times_loss + penalty)
        return float((deviation - deviation.mean()).abs().max() / (energy.max() - energy.min()))

    def pictures(self) -> Pictures:
        hp, found, posterior = self.hp, self._found, self._posterior
        data, scale = posterior.data, posterior.scale
        return {
            "one weight": pictures.one_weight(posterior, hp.true_w[1], self._one, hp.true_w[0]),
            "two weights": pictures.two_weights(posterior, found),
            "weights for every λ": pictures.weights_for_every_strength(
                data, hp.prior, self._strength, found.map
            ),
            "evidence": pictures.evidence(data, hp.prior, scale, self._best),
            "weights": pictures.weights_table(found),
            "prior and penalty": pictures.prior_and_penalty(
                hp.prior, self._measured, hp.noise, hp.examples
            ),
        }


def _pair(name: str, values: Tensor) -> dict[str, float]:
    return {f"{name}{j}": float(value) for j, value in enumerate(values, start=1)}


def _best_scale(data: Data, prior: str) -> float:
    """The scale with the largest evidence in the range drawn, refined; an end of it where the
    evidence still rises there; NaN without data."""
    if not len(data.y):
        return float("nan")
    scales = pictures.scales()
    step = scales[1] / scales[0]
    for _ in range(_REFINEMENTS):
        best = scales[log_evidence(data, prior, scales).argmax()]
        around = best * step ** torch.linspace(-1, 1, 21).double()
        scales = around.clamp(pictures.NARROWEST, pictures.WIDEST)
        step = step**0.1
    return float(best)
