"""Linear regression in PyTorch, from scratch and with PyTorch's own parts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.experiments.linear_regression.pictures import (
    error_pictures,
    feature_ranges,
    first_batch,
    fitted_lines,
    labelled_points,
    loss_contours,
    mini_batches,
)
from tui_lab.training.batches import Batches
from tui_lab.training.linear_model import linear_layer, linreg, normal, synthetic_data
from tui_lab.training.losses import squared_loss
from tui_lab.training.optimizers import sgd, zero_grad
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program


class LinearRegression(Program):
    """What both implementations share: data, starting point, measurements and pictures.

    `LinearRegression(hyperparameters, ...)` is the implementation that the hyperparameters name.
    """

    def __new__(cls, hyperparameters: Mapping[str, Any], **_: Any) -> LinearRegression:
        chosen = Concise if hyperparameters["implementation"] == "concise" else Scratch
        return super().__new__(chosen)

    def build(self) -> None:
        hp, dtype = self.hp, getattr(torch, self.hp.dtype)
        true_w = torch.tensor(hp.true_w, dtype=dtype)
        X, y = synthetic_data(true_w, hp.true_b, hp.examples, hp.noise, self.generator)
        w = normal((len(true_w), 1), hp.init_sd, self.generator, dtype)
        b = torch.zeros(1, dtype=dtype)
        self.build_model(w.to(self.device), b.to(self.device))
        self.batches = Batches(
            (X.to(self.device), y.to(self.device)),
            hp.batch_size,
            self.generator,
            shuffle=hp.shuffle,
        )
        self._true = torch.tensor((*hp.true_w, hp.true_b), dtype=dtype, device=self.device)
        self._ranges = feature_ranges(X).to(self.device)
        # Views of the parameters' own memory: one `cat` a step copies them for the log.
        self._logged = [self.weights[:2], self.bias]
        self.record_names = {"parameters": _recorded_names(len(true_w))}

    @abstractmethod
    def build_model(self, w: Tensor, b: Tensor) -> None:
        """Make the model, starting from weights `w` (n, 1) and bias `b` (1,)."""

    @abstractmethod
    def loss_function(self, y_hat: Tensor, y: Tensor) -> Tensor:
        """The implementation's own loss, one value per example."""

    @abstractmethod
    def predict(self, X: Tensor) -> Tensor:
        """The model's ŷ for the features `X`."""

    def evaluate(self) -> Mapping[str, float | Tensor]:
        X, y = self.batches.tensors
        return {
            "train/loss": self.loss_function(self.predict(X), y).mean(),
            "norm/w": torch.linalg.vector_norm(self.weights),
            "error/w": (self._true[:-1] - self.weights).abs().max(),
            "error/b": (self.hp.true_b - self.bias).squeeze(),
        }

    def update(self) -> Phase:
        """After the parameters moved: their values are logged as the step's."""
        parts = self._logged
        if len(self.hp.true_w) > 2:
            parts = [*parts, torch.linalg.vector_norm(self.weights, float("inf")).view(1)]
        self.record("parameters", torch.cat(parts))
        return super().update()

    def start_pictures(self) -> Pictures:
        X, y = self.batches.tensors
        learned = torch.cat((self.weights, self.bias))
        scale = 1.0 if self.hp.implementation == "concise" else 0.5
        return {
            "fit": labelled_points(X, y),
            **loss_contours(X, y, start=learned, true=self._true, scale=scale),
            "first batch": first_batch(self.batches),
            "mini-batches": mini_batches(self.batches, self.epochs),
        }

    def pictures(self) -> Pictures:
        learned = torch.cat((self.weights, self.bias))
        return {
            "fit": fitted_lines(self._ranges, self.weights, self.bias),
            **error_pictures(self._true, learned),
        }

    @property
    def weights(self) -> Tensor:
        """The weights as a vector (n,), without a graph."""
        return self.parameters()["w"].detach().view(-1)

    @property
    def bias(self) -> Tensor:
        """The bias (1,), without a graph."""
        return self.parameters()["b"].detach()

    def divisor(self, y: Tensor) -> int:
        """What the gradient summed over a batch with labels `y` is divided by."""
        return len(y) if self.hp.divide_by == "actual" else int(self.hp.batch_size)


class Scratch(LinearRegression):
    """Every part written out, in the order of the notes."""

    def build_model(self, w: Tensor, b: Tensor) -> None:
        self.w = w.requires_grad_()
        self.b = b.requires_grad_()

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.w, "b": self.b}

    def predict(self, X: Tensor) -> Tensor:
        return linreg(X, self.w, self.b)

    def loss_function(self, y_hat: Tensor, y: Tensor) -> Tensor:
        return squared_loss(y_hat, y)

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        loss = squared_loss(linreg(X, self.w, self.b), y)
        yield self.forward(loss)
        loss.sum().backward()
        yield self.backward()
        sgd([self.w, self.b], self.hp.lr, self.divisor(y))
        yield self.update()
        if self.hp.zero_grad:
            zero_grad([self.w, self.b])
        yield self.zero_grad()


class Concise(LinearRegression):
    """The same with nn.Linear, nn.MSELoss and torch.optim.SGD."""

    def build_model(self, w: Tensor, b: Tensor) -> None:
        self.net = linear_layer(w, b)
        self.criterion = nn.MSELoss(reduction="none")
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=self.hp.lr)

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.net.weight, "b": self.net.bias}

    def predict(self, X: Tensor) -> Tensor:
        return self.net(X)  # type: ignore[no-any-return]

    def loss_function(self, y_hat: Tensor, y: Tensor) -> Tensor:
        return self.criterion(y_hat, y)  # type: ignore[no-any-return]

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        loss = self.criterion(self.net(X), y)
        yield self.forward(loss)
        (loss.sum() / self.divisor(y)).backward()
        yield self.backward()
        self.optimizer.step()
        yield self.update()
        if self.hp.zero_grad:
            self.optimizer.zero_grad()
        yield self.zero_grad()

    def hyperparameter_changed(self, name: str) -> None:
        if name == "lr":
            self.optimizer.param_groups[0]["lr"] = self.hp.lr


def _recorded_names(inputs: int) -> tuple[str, ...]:
    weights = ("weight/1", "weight/2")[:inputs]
    return (*weights, "bias", "weight/largest") if inputs > 2 else (*weights, "bias")
