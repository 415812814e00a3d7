"""What a sweep's losses say: the λ that validation chooses, what it costs, which runs diverged."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from tui_lab.experiments.lambda_sweep.population import Examples
from tui_lab.training.losses import squared_loss


@dataclass(frozen=True)
class Losses:
    """The mean loss of every run on each set, (repetitions, λs), in float64."""

    train: Tensor
    validation: Tensor
    test: Tensor

    def cpu(self) -> Losses:
        """The same where pictures are drawn from."""
        return Losses(*(losses.cpu() for losses in self.sets().values()))

    def sets(self) -> dict[str, Tensor]:
        """By name, in the order of a chart's legend."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def mean_losses(examples: Examples, w: Tensor, b: Tensor) -> Tensor:
    """Half the mean squared error of every run over its repetition's examples."""
    X, y = examples
    y_hat = X.to(w.dtype) @ w + b
    return squared_loss(y_hat, y.expand_as(y_hat)).mean(1).double()


@dataclass(frozen=True)
class Selection:
    """What choosing λ by validation loss gives, over all repetitions and in each of them."""

    chosen: Tensor
    """Index of the λ with the lowest mean validation loss."""
    best: Tensor
    """Index of the λ with the lowest mean test loss."""
    loss_at_chosen: Tensor
    """Mean test loss there."""
    loss_at_best: Tensor
    chosen_each: Tensor
    """Indices that each repetition's own validation examples choose."""
    best_each: Tensor
    agreement: Tensor
    """The share of repetitions where both are the same."""
    ratio: Tensor
    """Mean over the repetitions of test loss at their chosen λ relative to their best."""
    ratio_95: Tensor
    """Its 95th percentile."""


def select(losses: Losses) -> Selection:
    """Choose by validation; a loss that is not a number is never the lowest."""
    validation, test = (_no_nan(losses.validation), _no_nan(losses.test))
    chosen, best = validation.mean(0).argmin(), test.mean(0).argmin()
    chosen_each, best_each = validation.argmin(1), test.argmin(1)
    at_chosen = test.gather(1, chosen_each.unsqueeze(1)).squeeze(1)
    ratios = at_chosen / test.amin(1)
    return Selection(
        chosen=chosen,
        best=best,
        loss_at_chosen=pick(test.mean(0), chosen),
        loss_at_best=pick(test.mean(0), best),
        chosen_each=chosen_each,
        best_each=best_each,
        agreement=(chosen_each == best_each).double().mean(),
        ratio=ratios.mean(),
        ratio_95=ratios.quantile(0.95),
    )


def diverged(now: Tensor, start: Tensor) -> Tensor:
    """Which runs' training losses are no numbers, or above what they were before the first step."""
    return ~(now <= start)


def pick(values: Tensor, index: Tensor) -> Tensor:
    """`values[index]` without waiting for the device to say what `index` is."""
    return values.index_select(0, index.reshape(1)).squeeze(0)


def _no_nan(losses: Tensor) -> Tensor:
    return losses.nan_to_num(nan=math.inf, posinf=math.inf)


def band(losses: Tensor, kept: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, 5th and 95th percentile over the repetitions that are `kept`, for each λ; NaN where
    none is."""
    shown = losses.where(kept, math.nan)
    low, high = (shown.nanquantile(q, dim=0) for q in (0.05, 0.95))
    return shown.nanmean(0), low, high
