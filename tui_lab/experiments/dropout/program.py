"""Dropout in PyTorch: from scratch, with nn.Dropout, and on weights instead of outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from tui_lab.training.classification import cross_entropy
from tui_lab.training.classifier import Classifier
from tui_lab.training.dropout import dropout
from tui_lab.training.fashion_mnist import Split
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
from tui_lab.training.program import Pictures

_COMPARED = 10_000
"""Training examples that are set against the test examples: as many."""


class Dropout(Classifier):
    """What all implementations share.

    `Dropout(hyperparameters, ...)` is the implementation that the hyperparameters name.
    """

    def __new__(cls, hyperparameters: Mapping[str, Any], **_: Any) -> Dropout:
        kinds: dict[str, type] = {
            "scratch": Scratch,
            "concise": Concise,
            "dropconnect": DropConnect,
        }
        chosen = kinds[hyperparameters["implementation"]]
        return super().__new__(chosen)

    def evaluate(self) -> Mapping[str, float | Tensor]:
        measured = super().evaluate()
        X, y = self.batches.tensors
        _, accuracy = self.measure(Split(X[:_COMPARED], y[:_COMPARED]))
        gap = accuracy - measured["test/accuracy"]
        return {**measured, "train/accuracy_undropped": accuracy, "gap/accuracy": gap}

    def pictures(self) -> Pictures:
        return {**super().pictures(), "dropout of 0 … 15": {"cells": self._dropped_numbers()}}

    def _dropped_numbers(self) -> dict[str, Any]:
        """dropout(arange(16).view(2, 8), p), with random numbers of its own: training must not
        notice."""
        X = torch.arange(16.0).view(2, 8)
        chosen = (("p", 0.0), ("p₁", self.hp.p1), ("p₂", self.hp.p2), ("p", 1.0))
        generator = torch.Generator().manual_seed(0)
        values = [row for _, p in chosen for row in dropout(X, p, generator).tolist()]
        rows = [row for name, p in chosen for row in (f"{name} = {p:g}", "")]
        return {"values": values, "rows": rows}


class Scratch(Dropout):
    """Every part written out, in the order of the notes."""

    def build_model(self, layers: list[Layer]) -> None:
        if self.hp.init == "normal":  # the notes give random biases to the concise version only
            layers = [(W, torch.zeros_like(b)) for W, b in layers]
        self.layers = [(W.requires_grad_(), b.requires_grad_()) for W, b in layers]
        self._activation = ACTIVATIONS[self.hp.activation]

    def parameters(self) -> Mapping[str, Tensor]:
        return numbered_parameters(self.layers)

    def first_layer(self) -> Tensor:
        return self.layers[0][0].T

    def net(self, X: Tensor, p1: float, p2: float) -> Tensor:
        """The logits, with dropout after each hidden layer."""
        (W1, b1), (W2, b2), (W3, b3) = self.layers
        H1 = dropout(self._activation(X @ W1 + b1), p1)
        H2 = dropout(self._activation(H1 @ W2 + b2), p2)
        return H2 @ W3 + b3

    def logits(self, X: Tensor) -> Tensor:
        return self.net(X, 0.0, 0.0)

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        logits = self.net(X, self.hp.p1, self.hp.p2)
        loss = cross_entropy(logits, y).mean()
        yield self.forward(loss)
        loss.backward()
        yield self.backward()
        # The loss is a mean already; sgd divides by the batch once more, hence lr 100.
        sgd(self.parameters().values(), self.hp.lr, self.hp.batch_size)
        yield self.update()
        zero_grad(self.parameters().values())
        self.tally(loss, logits, y)
        yield self.zero_grad()


class Concise(Dropout):
    """The same with nn.Dropout, nn.CrossEntropyLoss and an optimizer of torch.optim."""

    def build_model(self, layers: list[Layer]) -> None:
        first, second, last = map(linear, layers)
        activation = MODULES[self.hp.activation]
        self._dropout1, self._dropout2 = nn.Dropout(self.hp.p1), nn.Dropout(self.hp.p2)
        self.net = nn.Sequential(
            first, activation(), self._dropout1, second, activation(), self._dropout2, last
        )
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = make_optimizer(self.hp.optimizer, self.net.parameters(), self.hp.lr)

    def parameters(self) -> Mapping[str, Tensor]:
        linears = (part for part in self.net if isinstance(part, nn.Linear))
        return numbered_parameters([(part.weight, part.bias) for part in linears])

    def first_layer(self) -> Tensor:
        return self.parameters()["W1"]

    def logits(self, X: Tensor) -> Tensor:
        self.net.eval()
        logits: Tensor = self.net(X)
        self.net.train()
        return logits

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        self._dropout1.p, self._dropout2.p = self.hp.p1, self.hp.p2
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


class DropConnect(Dropout):
    """Single weights are dropped instead of whole outputs: of W2 with p₁, of W3 with p₂."""

    def build_model(self, layers: list[Layer]) -> None:
        self.layers = [(W.requires_grad_(), b.requires_grad_()) for W, b in layers]
        self._activation = ACTIVATIONS[self.hp.activation]
        parameters = self.parameters().values()
        self.optimizer = make_optimizer(self.hp.optimizer, parameters, self.hp.lr)

    def parameters(self) -> Mapping[str, Tensor]:
        return numbered_parameters(self.layers)

    def first_layer(self) -> Tensor:
        return self.layers[0][0].T

    def net(self, X: Tensor, p1: float, p2: float) -> Tensor:
        """The logits, with dropout on the weights that lead out of each hidden layer."""
        (W1, b1), (W2, b2), (W3, b3) = self.layers
        H1 = self._activation(X @ W1 + b1)
        H2 = self._activation(H1 @ dropout(W2, p1) + b2)
        return H2 @ dropout(W3, p2) + b3

    def logits(self, X: Tensor) -> Tensor:
        return self.net(X, 0.0, 0.0)

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        logits = self.net(X, self.hp.p1, self.hp.p2)
        loss = cross_entropy(logits, y).mean()
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
