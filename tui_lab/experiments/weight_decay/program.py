"""Weight decay in PyTorch, from scratch and with PyTorch's own parts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.training.batches import Batches
from tui_lab.training.holdout import holdout_generator
from tui_lab.training.linear_model import linear_layer, linreg, normal, synthetic_data
from tui_lab.training.losses import l2_penalty, squared_error, squared_loss
from tui_lab.training.optimizers import sgd, zero_grad
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program

TRUE_W, TRUE_B = 0.01, 0.05
_MOST_BARS = 400
"""Weights in the picture: more bars than a terminal has columns show nothing more."""


class WeightDecay(Program):
    """What both implementations share: data, starting point, measurements and pictures.

    `WeightDecay(hyperparameters, ...)` is the implementation that the hyperparameters name.
    """

    _criterion: Callable[[Tensor, Tensor], Tensor]
    """The loss of each example, without the penalty."""

    def __new__(cls, hyperparameters: Mapping[str, Any], **_: Any) -> WeightDecay:
        chosen = Concise if hyperparameters["implementation"] == "concise" else Scratch
        return super().__new__(chosen)

    def build(self) -> None:
        hp, dtype = self.hp, torch.float32
        true_w = torch.full((hp.inputs,), TRUE_W, dtype=dtype)
        train = synthetic_data(true_w, TRUE_B, hp.train_examples, hp.noise, self.generator)
        w = normal((hp.inputs, 1), hp.init_sd, self.generator, dtype)
        b = normal((1,), hp.init_sd, self.generator, dtype)
        test = synthetic_data(true_w, TRUE_B, hp.test_examples, hp.noise, self.generator)
        if hp.bias_init == "zero":
            b.zero_()
        apart = holdout_generator(self.generator)
        validation = synthetic_data(true_w, TRUE_B, hp.validation_examples, hp.noise, apart)
        self._row_space = _row_space(train[0], self.device)
        self._test = (test[0].to(self.device), test[1].to(self.device))
        self._validation = (validation[0].to(self.device), validation[1].to(self.device))
        self.build_model(w.to(self.device), b.to(self.device))
        data = (train[0].to(self.device), train[1].to(self.device))
        self.batches = Batches(data, hp.batch_size, self.generator)

    @abstractmethod
    def build_model(self, w: Tensor, b: Tensor) -> None:
        """Make the model, starting from weights `w` (n, 1) and bias `b` (1,), and `_criterion`."""

    @abstractmethod
    def predict(self, X: Tensor) -> Tensor:
        """The model's ŷ for the features `X`."""

    def evaluate(self) -> Mapping[str, float | Tensor]:
        w = self.weights
        seen = w if self._row_space is None else self._row_space @ (self._row_space.T @ w)
        return {
            "train/loss": self._mean_loss(*self.batches.tensors),
            "val/loss": self._mean_loss(*self._validation),
            "test/loss": self._mean_loss(*self._test),
            "norm/w": torch.linalg.vector_norm(w),
            "norm/w_row": torch.linalg.vector_norm(seen),
            "norm/w_null": torch.linalg.vector_norm(w - seen),
        }

    def pictures(self) -> Pictures:
        values = self.weights[:_MOST_BARS].tolist()
        return {"weights": {"bars": {"values": values, "reference": [TRUE_W] * len(values)}}}

    @property
    def weights(self) -> Tensor:
        """The weights as a vector (n,), without a graph."""
        return self.parameters()["w"].detach().view(-1)

    def _mean_loss(self, X: Tensor, y: Tensor) -> Tensor:
        return self._criterion(self.predict(X), y).mean()


class Scratch(WeightDecay):
    """Every part written out, in the order of the notes."""

    def build_model(self, w: Tensor, b: Tensor) -> None:
        self.w = w.requires_grad_()
        self.b = b.requires_grad_()
        self._criterion = squared_loss if self.hp.loss == "half" else squared_error

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.w, "b": self.b}

    def predict(self, X: Tensor) -> Tensor:
        return linreg(X, self.w, self.b)

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        loss = self._criterion(linreg(X, self.w, self.b), y)
        penalty = l2_penalty(self.w)
        if self.hp.decay_bias:
            penalty = penalty + l2_penalty(self.b)
        yield self.forward(loss)
        # The penalty joins the loss of every example; sgd divides the sum by the batch again.
        (loss + self.hp.weight_decay * penalty).sum().backward()
        yield self.backward()
        sgd([self.w, self.b], self.hp.lr, self.hp.batch_size)
        yield self.update()
        zero_grad([self.w, self.b])
        yield self.zero_grad()


class Concise(WeightDecay):
    """The same with nn.Linear and torch.optim.SGD, whose weight_decay is λ."""

    def build_model(self, w: Tensor, b: Tensor) -> None:
        self.net = linear_layer(w, b)
        self._criterion = squared_loss if self.hp.loss == "half" else nn.MSELoss(reduction="none")
        groups: list[dict[str, Any]] = [
            {"params": [self.net.weight]},
            {"params": [self.net.bias]},
        ]
        self.optimizer = torch.optim.SGD(groups, lr=self.hp.lr)
        self._set_decay()

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.net.weight, "b": self.net.bias}

    def predict(self, X: Tensor) -> Tensor:
        return self.net(X)  # type: ignore[no-any-return]

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        loss = self._criterion(self.net(X), y)
        yield self.forward(loss)
        loss.mean().backward()
        yield self.backward()
        self.optimizer.step()
        yield self.update()
        self.optimizer.zero_grad()
        yield self.zero_grad()

    def hyperparameter_changed(self, name: str) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.hp.lr
        self._set_decay()

    def _set_decay(self) -> None:
        weight, bias = self.optimizer.param_groups
        weight["weight_decay"] = self.hp.weight_decay
        bias["weight_decay"] = self.hp.weight_decay if self.hp.decay_bias else 0.0


def _row_space(X: Tensor, device: torch.device) -> Tensor | None:
    """An orthonormal basis, in columns, of what the examples in `X` span; None when that is
    everything, as it is (but for a draw of probability 0) once there are as many as inputs."""
    if X.shape[0] >= X.shape[1]:
        return None
    basis: Tensor = torch.linalg.qr(X.T.double()).Q
    return basis.to(device, X.dtype)
