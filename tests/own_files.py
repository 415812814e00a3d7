"""Experiment files as a person would write them, for tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

DECLARATION = """
from tui_lab.experiment import Curve, Experiment, Metric
from tui_lab.hyperparameters import Float, Int
EXPERIMENT = Experiment(
    name="mine", title="Mine", chapter="Own", summary="One weight.",
    hyperparameters=(Float("lr", default=0.1, low=1e-6, high=10.0, live=True),
                     Int("epochs", default=3, low=1, high=100)),
    metrics=(Metric("train/loss", "Mean loss."),),
    pictures=(Curve("loss", ("train/loss",)),),
    program="STEM:Mine",
)
"""
PROGRAM = """
import torch
from tui_lab.training.batches import Batches
from tui_lab.training.program import Program

class Mine(Program):
    def build(self):
        X = torch.randn(8, 1, generator=self.generator)
        self.w = torch.zeros(1, 1, requires_grad=True)
        self.batches = Batches((X, 2 * X), 4, self.generator)
    def parameters(self):
        return {"w": self.w}
    def step(self, batch):
        X, y = batch
        loss = (X @ self.w - y) ** 2
        yield self.forward(loss)
        loss.mean().backward()
        yield self.backward()
        with torch.no_grad():
            self.w -= self.hp.lr * self.w.grad
        yield self.update()
        self.w.grad = None
        yield self.zero_grad()
    def evaluate(self):
        X, y = self.batches.tensors
        return {"train/loss": ((X @ self.w - y) ** 2).mean()}
"""


def source(stem: str = "mine", before: str = "") -> str:
    """The text of a file of that stem, with lines of its own `before` the others."""
    return before + DECLARATION.replace("STEM", stem) + PROGRAM


@contextmanager
def forgotten() -> Iterator[None]:
    """What is imported meanwhile, and how it was found, is forgotten afterwards."""
    modules, finders, path = set(sys.modules), list(sys.meta_path), list(sys.path)
    yield
    for name in set(sys.modules) - modules:
        if not name.startswith("tui_lab"):
            del sys.modules[name]
    sys.meta_path[:], sys.path[:] = finders, path
