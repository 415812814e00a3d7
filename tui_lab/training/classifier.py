"""What programs that classify Fashion-MNIST share: data, running and whole-set measurements,
pictures."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from tui_lab.training.batches import Batches
from tui_lab.training.classifier_pictures import (
    confusion_picture,
    gradient_picture,
    sample_picture,
    weight_picture,
)
from tui_lab.training.fashion_mnist import PIXELS, Split, load
from tui_lab.training.perceptron import Layer, require_room, starting_layers
from tui_lab.training.program import Pictures, Program

_CHUNK = 10_000
"""Examples measured at a time: few passes, and hidden layers that fit in memory."""
_PROBED = 256
"""Training examples whose gradient is drawn."""


class _Said:
    """What `evaluate` saw predicted for the test images, and of which parameters."""

    of: tuple[int, ...] = ()
    predicted: Tensor | None = None


class Classifier(Program):
    """A perceptron on Fashion-MNIST. Its hyperparameters include `hidden`, `init`, `batch_size`,
    `examples` and `validation_examples`; its weight matrices are called `W1`, `W2`, … among its
    parameters.

    A step must end with `tally`, which records the share told right of its batch and keeps the
    running means over the epoch on the device.
    """

    unread = frozenset({"_said"})

    def build(self) -> None:
        hp, data = self.hp, load(self.data_directory, self.device)
        self._data = data
        there, self._validation = data.train.hold_out(hp.validation_examples)
        train = there.take(hp.examples, self.generator)
        _say_if_fewer("examples", hp.examples, len(data.train))
        _say_if_fewer("validation_examples", hp.validation_examples, len(self._validation))
        sizes = (PIXELS, *hp.hidden, len(data.classes))
        require_room(sizes, self.members, self.device)
        layers = starting_layers(sizes, hp.init, self.generator)
        self.build_model([(W.to(self.device), b.to(self.device)) for W, b in layers])
        self.running_loss = torch.zeros((), dtype=torch.float64, device=self.device)
        self.running_correct = torch.zeros((), dtype=torch.int64, device=self.device)
        self.running_examples = torch.zeros((), dtype=torch.int64, device=self.device)
        running = (self.running_loss, self.running_correct, self.running_examples)
        self.batches = Batches(
            (train.X, train.y), hp.batch_size, self.generator, begun=partial(_zero, running)
        )
        self._said = _Said()

    @abstractmethod
    def build_model(self, layers: list[Layer]) -> None:
        """Make the model, and its optimizer, from these starting parameters."""

    @abstractmethod
    def logits(self, X: Tensor) -> Tensor:
        """What the model says of the images `X` when it is not being trained."""

    @abstractmethod
    def first_layer(self) -> Tensor:
        """The weights of the first layer, a row per hidden unit."""

    def tally(self, loss: Tensor, logits: Tensor, y: Tensor) -> None:
        """Add a batch to the epoch's running means: `loss` is its mean, or one value per
        example."""
        mean = loss.detach() if loss.ndim == 0 else loss.detach().mean()
        self.running_loss.add_(mean, alpha=len(y))
        right = (logits.detach().argmax(1) == y).sum()
        self.record("train/accuracy", right / len(y))
        self.running_correct.add_(right)
        self.running_examples.add_(len(y))

    def evaluate(self) -> Mapping[str, float | Tensor]:
        loss, predicted = self._pass(self._data.test)
        self._said.of, self._said.predicted = self._written, predicted
        seen = self.running_examples  # 0/0 is NaN, which is what there is before the first step
        return {
            "train/loss": self.running_loss / seen,
            "train/accuracy": self.running_correct.double() / seen,
            **self._validated(),
            "test/loss": loss,
            "test/accuracy": (predicted == self._data.test.y).double().mean(),
            "data/examples": float(self.batches.examples),
        }

    def _validated(self) -> dict[str, Tensor]:
        if not len(self._validation):
            return {}
        loss, accuracy = self.measure(self._validation)
        return {"val/loss": loss, "val/accuracy": accuracy}

    @property
    def _written(self) -> tuple[int, ...]:
        """How often each parameter was written to: another tuple, other parameters. A step writes,
        and so does going back."""
        return tuple(p._version for p in self.parameters().values())

    def measure(self, examples: Split) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy and share of right answers of the model as it is used."""
        loss, predicted = self._pass(examples)
        return loss, (predicted == examples.y).double().mean()

    def _pass(self, examples: Split) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy, and the class predicted for each example."""
        loss = torch.zeros((), dtype=torch.float64, device=self.device)
        predicted = []
        with torch.no_grad():
            chunk = max(1, _CHUNK // self.members)
            for X, y in zip(examples.X.split(chunk), examples.y.split(chunk), strict=True):
                logits = self.logits(X)
                loss += F.cross_entropy(logits, y, reduction="sum")
                predicted.append(logits.argmax(1))
        return loss / len(examples), torch.cat(predicted)

    def start_pictures(self) -> Pictures:
        return {"data": {"table": self._data.table(self.batches.examples, len(self._validation))}}

    def pictures(self) -> Pictures:
        test, classes = self._data.test, self._data.classes
        of, predicted = self._said.of, self._said.predicted
        if predicted is None or of != self._written:
            predicted = self._pass(test)[1]
        return {
            "test images": {"images": sample_picture(test.X, test.y, predicted, classes)},
            "confusion": {"cells": confusion_picture(test.y, predicted, classes)},
            "first layer": {"images": weight_picture(self.first_layer().detach())},
            "gradient flow": {"bars": gradient_picture(self._gradients())},
        }

    def _gradients(self) -> list[Tensor]:
        """Gradients of the loss by each weight matrix; every `.grad` stays as it is."""
        X, y = (tensor[:_PROBED] for tensor in self.batches.tensors)
        with torch.enable_grad():
            loss = F.cross_entropy(self.logits(X), y)
            weights = [p for name, p in self.parameters().items() if name.startswith("W")]
            return list(torch.autograd.grad(loss, weights))


def _say_if_fewer(name: str, asked: int, there: int) -> None:
    if there < asked:
        print(f"{name}: {asked:,} asked for, {there:,} there", flush=True)


def _zero(tensors: Iterable[Tensor]) -> None:
    for tensor in tensors:
        tensor.zero_()
