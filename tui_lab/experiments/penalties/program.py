"""A linear model with a sparse truth, trained under an L1 or L2 penalty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from tui_lab.experiments.penalties.frobenius import FrobeniusNorm
from tui_lab.experiments.penalties.pictures import ten_steps, unit_balls, weight_bars
from tui_lab.training.batches import Batches
from tui_lab.training.holdout import holdout_generator
from tui_lab.training.linear_model import linreg, normal, synthetic_data
from tui_lab.training.losses import l2_penalty, squared_loss
from tui_lab.training.optimizers import sgd, zero_grad
from tui_lab.training.penalties import l1_penalty, soft_threshold
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program

TRUE_B = 0.05


class Penalties(Program):
    """y = Xw + b, where all but a few true weights are 0; the bias has no penalty."""

    def build(self) -> None:
        hp, dtype = self.hp, torch.float32
        true_w = sparse_weights(hp.inputs, hp.support, hp.true_weight)
        train = synthetic_data(true_w, TRUE_B, hp.train_examples, hp.noise, self.generator)
        w = normal((hp.inputs, 1), hp.init_sd, self.generator, dtype)
        test = synthetic_data(true_w, TRUE_B, hp.test_examples, hp.noise, self.generator)
        apart = holdout_generator(self.generator)
        validation = synthetic_data(true_w, TRUE_B, hp.validation_examples, hp.noise, apart)
        self._validation = (validation[0].to(self.device), validation[1].to(self.device))
        self._true_w = true_w.to(self.device)
        self._test = (test[0].to(self.device), test[1].to(self.device))
        self._matrix = FrobeniusNorm(hp.matrix_rows, hp.matrix_columns, hp.matrix_seed)
        self.w = w.to(self.device).requires_grad_()
        self.b = torch.zeros(1, dtype=dtype, device=self.device, requires_grad=True)
        data = (train[0].to(self.device), train[1].to(self.device))
        self._data = data
        self.batches = Batches(data, hp.batch_size, self.generator)
        self._all_zero = _strength_of_all_zero(*data)

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.w, "b": self.b}

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        loss = squared_loss(linreg(X, self.w, self.b), y)
        yield self.forward(loss)
        (loss.mean() + self._smooth_part()).backward()
        yield self.backward()
        sgd([self.w, self.b], self.hp.lr, batch_size=1)
        if self.hp.penalty == "L1-proximal":
            with torch.no_grad():
                self.w.copy_(soft_threshold(self.w, self.hp.lr * self.hp.strength))
        yield self.update()
        zero_grad([self.w, self.b])
        yield self.zero_grad()

    def evaluate(self) -> Mapping[str, float | Tensor]:
        w, true = self.w.detach().view(-1), self._true_w
        loss = self._mean_loss(*self.batches.tensors)
        kept, outside = w != 0, true == 0
        return {
            "train/loss": loss,
            "val/loss": self._mean_loss(*self._validation),
            "test/loss": self._mean_loss(*self._test),
            "train/objective": loss + self._penalty(),
            "zeros/exact": (w == 0).sum(),
            "support/found": (kept & ~outside).sum(),
            "support/false": (kept & outside).sum(),
            "support/largest_outside": torch.where(outside, w.abs(), 0).amax(),
            "norm/w_l1": torch.linalg.vector_norm(w, 1),
            "norm/w": torch.linalg.vector_norm(w),
            "norm/w_linf": w.abs().amax(),
            "optimality/violation": self._violation(),
            "strength/all_zero": self._all_zero,
            "frobenius/largest_difference": self._matrix.largest_difference,
        }

    def start_pictures(self) -> Pictures:
        return {"unit balls": unit_balls(), "Frobenius norm": self._matrix.picture()}

    def pictures(self) -> Pictures:
        return {
            "weights": weight_bars(self.w.detach().view(-1), self._true_w),
            "ten steps on one weight": ten_steps(self.hp.lr, self.hp.strength),
        }

    def _smooth_part(self) -> Tensor | float:
        """What the penalty adds to the function that backward differentiates; the proximal
        method adds nothing, for its penalty acts in a step of its own."""
        return 0.0 if self.hp.penalty == "L1-proximal" else self._penalty()

    def _penalty(self) -> Tensor | float:
        match self.hp.penalty:
            case "L1" | "L1-proximal":
                penalty = l1_penalty(self.w)
            case "L2":
                penalty = l2_penalty(self.w)
            case _:
                return 0.0
        strength: float = self.hp.strength
        return penalty * strength

    def _mean_loss(self, X: Tensor, y: Tensor) -> Tensor:
        return squared_loss(linreg(X, self.w, self.b), y).mean()

    def _violation(self) -> Tensor:
        """The distance of 0 from the (sub)gradient of the objective, in the worst weight."""
        X, y = self._data
        w = self.w.detach()
        gradient = X.T @ (linreg(X, w, self.b) - y) / len(y)
        strength = 0.0 if self.hp.penalty == "none" else self.hp.strength
        if self.hp.penalty in ("L2", "none"):
            return (gradient + strength * w).abs().amax()
        at_zero = (gradient.abs() - strength).clamp_min(0)
        return torch.where(w == 0, at_zero, (gradient + strength * w.sign()).abs()).amax()


def sparse_weights(inputs: int, support: int, size: float) -> Tensor:
    """Weights that are 0 but for `support` of them, ±size in turn, evenly spread."""
    w = torch.zeros(inputs)
    if support:
        places = torch.arange(support) * inputs // support + inputs // (2 * support)
        w[places] = size * (1 - 2 * (torch.arange(support) % 2)).to(w.dtype)
    return w


def _strength_of_all_zero(X: Tensor, y: Tensor) -> Tensor:
    """Where λ begins to hold every weight at 0, the bias being free: max |Xᵀ(y − ȳ)|/n."""
    return (X.T @ (y - y.mean()) / len(y)).abs().amax()
