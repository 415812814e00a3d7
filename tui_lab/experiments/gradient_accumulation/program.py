"""A batch in pieces beside the whole batch, from the same start, in PyTorch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

import torch
from torch import Tensor

from tui_lab.experiments.gradient_accumulation.peak_memory import peak_memory
from tui_lab.experiments.gradient_accumulation.pictures import (
    gradient_bars,
    memory_bars,
    piece_table,
    weight_bars,
)
from tui_lab.training.batches import Batches
from tui_lab.training.linear_model import normal
from tui_lab.training.losses import squared_loss
from tui_lab.training.optimizers import sgd, zero_grad
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program

_RAGGED = 16
"""The last of ragged pieces has one example in so many."""


class GradientAccumulation(Program):
    """Trains one model piece by piece, and another on whole batches to compare it with."""

    def build(self) -> None:
        hp, dtype = self.hp, getattr(torch, self.hp.dtype)
        X = normal((hp.examples, hp.inputs), 1.0, self.generator, dtype)
        true = normal((hp.inputs, 1), 1.0 / math.sqrt(hp.inputs), self.generator, dtype)
        y = X @ true if hp.model == "linear" else torch.sin(3 * (X @ true))
        y = y + normal((hp.examples, 1), 0.1, self.generator, dtype)
        sizes = (hp.inputs, 1) if hp.model == "linear" else (hp.inputs, hp.hidden, 1)
        start = [p for m, n in pairwise(sizes) for p in self._layer(m, n, dtype)]
        self.accumulating = [p.to(self.device).requires_grad_() for p in start]
        self.big = [p.detach().clone().requires_grad_() for p in self.accumulating]
        self.batches = Batches(
            (X.to(self.device), y.to(self.device)), hp.batch_size, self.generator
        )
        self._memory = peak_memory(self.device)
        self.peak_big = self.peak_micro = math.nan
        self.accumulated = self.whole = torch.zeros(0, dtype=dtype, device=self.device)

    def parameters(self) -> Mapping[str, Tensor]:
        names = ("w", "b") if self.hp.model == "linear" else ("W1", "b1", "W2", "b2")
        return dict(zip(names, self.accumulating, strict=True))

    def net(self, parameters: list[Tensor], X: Tensor) -> Tensor:
        """Linear layers with tanh between them."""
        *hidden, W, b = parameters
        if hidden:
            X = torch.tanh(X @ hidden[0] + hidden[1])
        return X @ W + b

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        whole = self._whole_gradient(X, y)
        sizes = piece_sizes(len(y), self.hp.micro_batches, ragged=self.hp.sizes == "ragged")
        weights = piece_weights(sizes, self.hp.scaling)
        self._memory.start([X, y, *self.accumulating])
        for X_i, y_i, weight in zip(X.split(sizes), y.split(sizes), weights, strict=True):
            with self._memory.forward():
                loss = squared_loss(self.net(self.accumulating, X_i), y_i)
                weighted = weight * loss.mean()
            yield self.forward(loss)
            weighted.backward()
            yield self.backward()
        self.peak_micro = float(self._memory.peak())
        self._compare(_flat([_gradient(p) for p in self.accumulating]), whole)
        sgd(self.accumulating, self.hp.lr, 1)
        yield self.update()
        self._step_big(X, y)
        if self.hp.zero_grad:
            zero_grad(self.accumulating)
        yield self.zero_grad()

    def evaluate(self) -> Mapping[str, float | Tensor]:
        X, y = self.batches.tensors
        return {
            "train/loss": squared_loss(self.net(self.accumulating, X), y).mean(),
            "train/loss_big": squared_loss(self.net(self.big, X), y).mean(),
            "memory/peak_big": self.peak_big,
            "memory/peak_micro": self.peak_micro,
        }

    def start_pictures(self) -> Pictures:
        n = min(self.hp.batch_size, self.batches.examples)
        sizes = piece_sizes(n, self.hp.micro_batches, ragged=self.hp.sizes == "ragged")
        weights = piece_weights(sizes, self.hp.scaling)
        return {
            "weights of the pieces": {"bars": weight_bars(sizes, weights)},
            "pieces": {"table": piece_table(sizes, weights)},
        }

    def pictures(self) -> Pictures:
        if not len(self.whole):
            return {}
        return {
            "gradient": {"bars": gradient_bars(self.accumulated, self.whole)},
            "memory": {"bars": memory_bars(self.peak_big, self.peak_micro)},
        }

    def _whole_gradient(self, X: Tensor, y: Tensor) -> Tensor:
        """What accumulating should give: the gradient of the whole batch's mean loss, here."""
        loss = squared_loss(self.net(self.accumulating, X), y).mean()
        return _flat(torch.autograd.grad(loss, self.accumulating))

    def _step_big(self, X: Tensor, y: Tensor) -> None:
        """The same step of the other model, with the whole batch at once."""
        self._memory.start([X, y, *self.big])
        with self._memory.forward():
            loss = squared_loss(self.net(self.big, X), y).mean()
        loss.backward()
        self.peak_big = float(self._memory.peak())
        sgd(self.big, self.hp.lr, 1)
        zero_grad(self.big)
        difference = _flat(self.accumulating) - _flat(self.big)
        self.record("weights/difference", difference.abs().amax())

    def _compare(self, accumulated: Tensor, whole: Tensor) -> None:
        self.accumulated, self.whole = accumulated, whole
        ratio = torch.linalg.vector_norm(accumulated) / torch.linalg.vector_norm(whole)
        self.record("grad/difference", (accumulated - whole).abs().amax())
        self.record("grad/largest", whole.abs().amax())
        self.record("grad/ratio", ratio)

    def _layer(self, inputs: int, outputs: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        W = normal((inputs, outputs), 1 / math.sqrt(inputs), self.generator, dtype)
        return W, torch.zeros(outputs, dtype=dtype)


def piece_sizes(n: int, pieces: int, *, ragged: bool) -> list[int]:
    """How many of `n` examples each piece gets; never none."""
    pieces = min(pieces, n)
    if not ragged or pieces == 1:
        return _equal_sizes(n, pieces)
    last = min(max(1, n // _RAGGED), n - pieces + 1)
    return [*_equal_sizes(n - last, pieces - 1), last]


def piece_weights(sizes: list[int], scaling: str) -> list[float]:
    """What the mean loss of each piece is multiplied by."""
    match scaling:
        case "by-size":
            return [size / sum(sizes) for size in sizes]
        case "equal":
            return [1 / len(sizes)] * len(sizes)
    return [1.0] * len(sizes)


def _equal_sizes(n: int, pieces: int) -> list[int]:
    size, rest = divmod(n, pieces)
    return [size + (i < rest) for i in range(pieces)]


def _gradient(parameter: Tensor) -> Tensor:
    """What there is of it: nothing was added up where there is none."""
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _flat(tensors: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    """All components in one vector of their own."""
    return torch.cat([t.detach().reshape(-1) for t in tensors])
