"""A multilayer perceptron in PyTorch, from scratch and with PyTorch's own parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from tui_lab.training.classification import cross_entropy
from tui_lab.training.classifier import Classifier
from tui_lab.training.optimizers import sgd, zero_grad
from tui_lab.training.perceptron import (
    ACTIVATIONS,
    MODULES,
    Layer,
    linear,
    make_optimizer,
    numbered_parameters,
)
from tui_lab.training.phase import Phase


class MLP(Classifier):
    """`MLP(hyperparameters, ...)` is the implementation that the hyperparameters name."""

    def __new__(cls, hyperparameters: Mapping[str, Any], **_: Any) -> MLP:
        chosen = Concise if hyperparameters["implementation"] == "concise" else Scratch
        return super().__new__(chosen)

    def evaluate(self) -> Mapping[str, float | Tensor]:
        W = self.first_layer().detach()
        return {**super().evaluate(), "spread/units": (W - W[:1]).abs().max()}


class Scratch(MLP):
    """Every part written out."""

    def build_model(self, layers: list[Layer]) -> None:
        self.layers = [(W.requires_grad_(), b.requires_grad_()) for W, b in layers]
        self._activation = ACTIVATIONS[self.hp.activation]

    def parameters(self) -> Mapping[str, Tensor]:
        return numbered_parameters(self.layers)

    def first_layer(self) -> Tensor:
        return self.layers[0][0].T

    def net(self, X: Tensor) -> Tensor:
        """The logits: linear layers with the activation between them."""
        *hidden, (W_last, b_last) = self.layers
        for W, b in hidden:
            X = self._activation(X @ W + b)
        return X @ W_last + b_last

    def logits(self, X: Tensor) -> Tensor:
        return self.net(X)

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        logits = self.net(X)
        loss = cross_entropy(logits, y)
        yield self.forward(loss)
        loss.sum().backward()
        yield self.backward()
        sgd(self.parameters().values(), self.hp.lr, len(y))
        yield self.update()
        zero_grad(self.parameters().values())
        self.tally(loss, logits, y)
        yield self.zero_grad()


class Concise(MLP):
    """The same with nn.Sequential, nn.CrossEntropyLoss and an optimizer of torch.optim."""

    def build_model(self, layers: list[Layer]) -> None:
        first, *rest = map(linear, layers)
        parts: list[nn.Module] = [first]
        for layer in rest:
            parts += [MODULES[self.hp.activation](), layer]
        self.net = nn.Sequential(*parts)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = make_optimizer(self.hp.optimizer, self.net.parameters(), self.hp.lr)

    def parameters(self) -> Mapping[str, Tensor]:
        linears = (part for part in self.net if isinstance(part, nn.Linear))
        return numbered_parameters([(part.weight, part.bias) for part in linears])

    def first_layer(self) -> Tensor:
        return self.parameters()["W1"]

    def logits(self, X: Tensor) -> Tensor:
        return self.net(X)  # type: ignore[no-any-return]

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        logits = self.net(X)
        loss = self.criterion(logits, y)
        yield self.forward(loss)
        loss.backward()
        yield self.backward()
        self.optimizer.step()
        yield self.update()
        self.optimizer.zero_grad()
        self.tally(loss, logits, y)
        yield self.zero_grad()

    def hyperparameter_changed(self, name: str) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.hp.lr
