"""A deep perceptron, what reaches its first layer, and the same in chains and in products."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from tui_lab.experiments.gradient_flow.chains import linear_chain, random_products, sigmoid_chain
from tui_lab.experiments.gradient_flow.pictures import (
    chain_lines,
    layer_bars,
    product_lines,
    product_table,
)
from tui_lab.experiments.gradient_flow.task import CLASSES, INPUTS, draw_task
from tui_lab.training.batches import Batches
from tui_lab.training.classification import cross_entropy
from tui_lab.training.perceptron import (
    ACTIVATIONS,
    SMALL,
    Layer,
    numbered_parameters,
    starting_layers,
)
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program

_PROBED = 256
"""Training examples whose gradient is measured."""


class GradientFlow(Program):
    """Trains on a small synthetic task; chains and products are computed once, when it is built."""

    def build(self) -> None:
        hp, dtype = self.hp, getattr(torch, self.hp.dtype)
        train, test, validation = draw_task(hp.examples, self.generator, dtype)
        sizes = (INPUTS, *[hp.width] * hp.depth, CLASSES)
        scale = hp.init_scale / SMALL if hp.init in ("normal", "constant") else 1.0
        drawn = starting_layers(sizes, hp.init, self.generator)
        self.layers: list[Layer] = [
            (_trained(W * scale, self.device, dtype), _trained(b * scale, self.device, dtype))
            for W, b in drawn
        ]
        self.optimizer = torch.optim.SGD(self.parameters().values(), lr=hp.lr)
        X, y = (tensor.to(self.device) for tensor in train)
        self._test = (test[0].to(self.device), test[1].to(self.device))
        self._validation = (validation[0].to(self.device), validation[1].to(self.device))
        self._probed = (X[:_PROBED], y[:_PROBED])
        self.batches = Batches((X, y), hp.batch_size, self.generator)
        self._activation: Callable[[Tensor], Tensor] = ACTIVATIONS[hp.activation]
        self._start = self._gradient_norms()
        self._sigmoids, self._powers = sigmoid_chain(hp.chain), linear_chain(hp.chain, hp.factor)
        # A generator of its own: more matrices must not change the order of the batches.
        matrices = torch.Generator().manual_seed(self.generator.initial_seed())
        self._products = random_products(hp.matrices, hp.size, hp.sigma, hp.repeats, matrices)

    def parameters(self) -> Mapping[str, Tensor]:
        return numbered_parameters(self.layers)

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        logits = self.logits(X)
        loss = cross_entropy(logits, y)
        yield self.forward(loss)
        loss.mean().backward()
        yield self.backward()
        self.optimizer.step()
        yield self.update()
        self.optimizer.zero_grad()
        self.record("train/accuracy", (logits.detach().argmax(1) == y).double().mean())
        yield self.zero_grad()

    def hyperparameter_changed(self, name: str) -> None:
        self.optimizer.param_groups[0]["lr"] = self.hp.lr

    def logits(self, X: Tensor) -> Tensor:
        """One score per class: hidden layers with the activation, the last layer without."""
        *hidden, (W, b) = self.layers
        for V, c in hidden:
            X = self._activation(X @ V + c)
        return X @ W + b

    def evaluate(self) -> Mapping[str, float | Tensor]:
        norms = self._gradient_norms()
        X, y = self.batches.tensors
        return {
            **self._measured("train", X, y),
            **self._measured("val", *self._validation),
            **self._measured("test", *self._test),
            "grad/first": norms[0],
            "grad/last": norms[-1],
            "grad/ratio": norms[0] / norms[-1],
            "grad/ratio_start": self._start[0] / self._start[-1],
            "signal/last": self._signals()[-1],
            "symmetry/spread": self._spread(),
            **self._boiled_down(),
        }

    def start_pictures(self) -> Pictures:
        return {
            "gradient by layer": {"reference": {"values": self._start.tolist()}},
            "chains": chain_lines(self._sigmoids, self._powers),
            "matrix product": product_lines(self._products),
            "products": product_table(self._products),
        }

    def pictures(self) -> Pictures:
        with torch.no_grad():
            signals = self._signals()
        return {
            "gradient by layer": {"now": layer_bars(self._gradient_norms())},
            "signal by layer": {"bars": layer_bars(signals)},
        }

    def _measured(self, split: str, X: Tensor, y: Tensor) -> dict[str, Tensor]:
        logits = self.logits(X)
        return {
            f"{split}/loss": cross_entropy(logits, y).mean(),
            f"{split}/accuracy": (logits.argmax(dim=1) == y).double().mean(),
        }

    def _gradient_norms(self) -> Tensor:
        """‖∇W‖ of each layer on the fixed batch, in float64; no .grad is touched."""
        weights = [W for W, _ in self.layers]
        X, y = self._probed
        with torch.enable_grad():
            loss = cross_entropy(self.logits(X), y).mean()
            gradients = torch.autograd.grad(loss, weights)
        # In float64, for the norm of finite float32 numbers can overflow, or vanish.
        return torch.stack([torch.linalg.vector_norm(g, dtype=torch.float64) for g in gradients])

    def _signals(self) -> Tensor:
        """Standard deviation over the fixed batch of each hidden layer's output, over all units."""
        X, signals = self._probed[0], []
        for W, b in self.layers[:-1]:
            X = self._activation(X @ W + b)
            signals.append((X.double() - X.double().mean(dim=0)).square().mean().sqrt())
        return torch.stack(signals)

    def _spread(self) -> Tensor:
        """How far the incoming weights of the units of a hidden layer are from each other."""
        hidden = [W for W, _ in self.layers[:-1]]
        return torch.stack([(W - W.mean(dim=1, keepdim=True)).abs().max() for W in hidden]).max()

    def _boiled_down(self) -> dict[str, float | Tensor]:
        chain, products = self._sigmoids, self._products
        derivative, product = chain.by_autograd[-1], chain.by_product[-1]
        return {
            "chain/value": chain.values[-1],
            "chain/derivative": derivative,
            "chain/error": (derivative / product - 1).abs(),
            "chain/power": self._powers.by_autograd[-1],
            "growth/measured": products.growth.mean(),
            "growth/theory": products.theory,
            "growth/sd": products.growth.std(correction=0),
            "product/largest": products.largest[-1],
            "product/norm_float32": products.norms32[-1],
            "overflow/norm_float32": products.infinite_norms,
            "overflow/entries_float32": products.infinite_entries,
        }


def _trained(start: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    return start.to(device, dtype, copy=True).requires_grad_()
