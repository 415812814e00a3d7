"""A sweep over λ, all of whose runs train as one population."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from tui_lab.experiments.lambda_sweep.grid import lambda_grid
from tui_lab.experiments.lambda_sweep.pictures import Sweep, sweep_pictures
from tui_lab.experiments.lambda_sweep.population import (
    Examples,
    PopulationBatches,
    Sizes,
    draw_repetitions,
)
from tui_lab.experiments.lambda_sweep.ridge import ridge
from tui_lab.experiments.lambda_sweep.summary import (
    Losses,
    diverged,
    mean_losses,
    pick,
    select,
)
from tui_lab.training.losses import squared_loss
from tui_lab.training.memory import require
from tui_lab.training.penalties import soft_threshold
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program


class LambdaSweep(Program):
    """One step is a step of every run: (repetitions) × (λ = 0 and the grid).

    Repetition k with a λ takes the steps of a weight-decay run of seed + k with that λ.
    """

    def build(self) -> None:
        hp, seed = self.hp, self.generator.initial_seed()
        sizes = Sizes(
            hp.inputs,
            hp.train_examples,
            hp.validation_examples,
            hp.test_examples,
            hp.noise,
            hp.init_sd,
        )
        require(4 * hp.seeds * sizes.data, torch.device("cpu"), "seeds")
        self._grid = lambda_grid(hp.lambda_low, hp.lambda_high, hp.points)
        each = sizes.data + sizes.training(len(self._grid), ridge=hp.penalty == "L2")
        require(hp.seeds * each, self.device, "seeds")
        self.generators = [torch.Generator().manual_seed(seed + k) for k in range(hp.seeds)]
        drawn = draw_repetitions(sizes, self.generators).to(self.device)
        self._lambdas = torch.tensor(self._grid, dtype=torch.float64, device=self.device)
        self._validation, self._test = drawn.validation, drawn.test
        self.w = drawn.w.repeat(1, 1, len(self._grid)).requires_grad_()
        self.b = torch.zeros_like(self.w[:, :1]).detach().requires_grad_()
        self.batches = PopulationBatches(drawn.train, hp.batch_size, self.generators)
        with torch.no_grad():
            self._start = mean_losses(drawn.train, self.w, self.b)
        self._ridge, self._ridge_metrics = self._solve_ridge()

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.w, "b": self.b}

    def step(self, batch: Examples) -> Iterator[Phase]:
        X, y = batch  # (repetitions, batch, inputs), (repetitions, batch, 1)
        y_hat = torch.baddbmm(self.b, X, self.w)  # (repetitions, batch, λs)
        loss = squared_loss(y_hat, y.expand_as(y_hat))
        yield self.forward(loss.mean())
        loss.sum().backward()  # no run's loss depends on another's weights
        yield self.backward()
        self._update(share=y.shape[1] / self.hp.batch_size)
        yield self.update()
        self.w.grad = self.b.grad = None
        yield self.zero_grad()

    def evaluate(self) -> Mapping[str, float | Tensor]:
        losses = self._losses(self.w.detach(), self.b.detach())
        gone, selection = diverged(losses.train, self._start), select(losses)
        lambdas = self._lambdas
        return {
            "train/loss": losses.train.mean(),
            "val/loss": losses.validation.mean(),
            "test/loss": losses.test.mean(),
            "lambda/chosen": pick(lambdas, selection.chosen),
            "lambda/best_test": pick(lambdas, selection.best),
            "test/loss_at_chosen": selection.loss_at_chosen,
            "test/loss_at_best": selection.loss_at_best,
            "choice/agreement": selection.agreement,
            "choice/ratio": selection.ratio,
            "choice/ratio_p95": selection.ratio_95,
            "runs/total": float(gone.numel()),
            "runs/diverged": gone.sum(),
            "lambda/first_diverged": torch.where(gone.any(0), lambdas, math.inf).amin(),
            **self._ridge_metrics,
        }

    def pictures(self) -> Pictures:
        losses = self._losses(self.w.detach(), self.b.detach())
        gone = diverged(losses.train, self._start)
        ridge_losses = None if self._ridge is None else self._ridge.cpu()
        return sweep_pictures(Sweep(self._grid, losses.cpu(), gone.cpu(), ridge_losses))

    def _losses(self, w: Tensor, b: Tensor) -> Losses:
        sets = (self.batches.tensors, self._validation, self._test)
        return Losses(*(mean_losses((X, y), w, b) for X, y in sets))

    def _solve_ridge(self) -> tuple[Losses | None, dict[str, Tensor]]:
        """Losses of the closed form for every repetition and λ, and their key figures; only L2
        has one."""
        if self.hp.penalty != "L2":
            return None, {}
        lambdas = self._lambdas
        X, y = self.batches.tensors
        losses = self._losses(*ridge(X, y, lambdas))
        selection = select(losses)
        return losses, {
            "ridge/lambda_chosen": pick(lambdas, selection.chosen),
            "ridge/lambda_best_test": pick(lambdas, selection.best),
            "ridge/test_loss_at_chosen": selection.loss_at_chosen,
            "ridge/test_loss_at_best": selection.loss_at_best,
            "ridge/test_loss_at_worst": losses.test.mean(0).amax(),
            "ridge/agreement": selection.agreement,
            "ridge/ratio": selection.ratio,
        }

    def _update(self, share: float) -> None:
        """w ← w − lr·(gradient/batch_size + share·λ·pull), in as few passes over w as there can
        be; the penalty's gradient is known without backward."""
        pull = (self.hp.lr * share * self._lambdas).to(self.w.dtype)
        with torch.no_grad():
            if self.hp.penalty == "L2":
                self.w.mul_(1 - pull)
            elif self.hp.penalty == "L1":
                self.w.addcmul_(self.w.sign(), pull, value=-1)
            for p in (self.w, self.b):
                if p.grad is not None:
                    p.add_(p.grad, alpha=-self.hp.lr / self.hp.batch_size)
            if self.hp.penalty == "L1-proximal":
                self.w.copy_(soft_threshold(self.w, pull))
