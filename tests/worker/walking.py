"""An experiment as a user writes it, in a file of its own: one weight walks down by `lr` a step.

`behaviour` says what else a step does; the tests copy this file into a directory of theirs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from tui_lab.experiment import Experiment, Metric
from tui_lab.hyperparameters import Choice, Float, Int
from tui_lab.training.batches import Batches
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program

EXPERIMENT = Experiment(
    name="walking",
    title="Walking",
    chapter="Tests",
    summary="One weight walks down.",
    hyperparameters=(
        Float("lr", default=0.5, low=0.0, high=10.0, live=True),
        Int("epochs", default=2, low=1, high=1_000_000),
        Float("rest", default=0.0, low=0.0, high=60.0, help="Seconds of sleep in a step."),
        Choice(
            "behaviour",
            ("plain", "raise", "exit", "hang", "hang in C", "print", "chatter", "hang building"),
        ),
    ),
    metrics=(Metric("train/loss", "The weight."),),
    pictures=(),
    program="walking:Walking",
)


class Walking(Program):
    """w ← w − lr: the loss of step k + 1 is 100 − k·lr."""

    def build(self) -> None:
        if self.hp.behaviour == "hang building":
            hang()
        self.w = torch.tensor([100.0], requires_grad=True)
        self.batches = Batches((torch.zeros(3, 1),), 1, self.generator)
        self.steps = 0

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.w}

    def step(self, batch: Any) -> Iterator[Phase]:
        self.steps += 1
        if self.hp.behaviour == "chatter":
            print("step", self.steps)
        if self.steps == 4:
            misbehave(self.hp.behaviour)
        time.sleep(self.hp.rest)
        self.w.grad = None
        loss = self.w.sum()
        yield self.forward(loss)
        torch.autograd.backward(loss)
        yield self.backward()
        with torch.no_grad():
            self.w -= self.hp.lr
        yield self.update()

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"train/loss": self.w.detach()[0]}


def misbehave(behaviour: str) -> None:
    if behaviour == "raise":
        raise ValueError("the weight is [red]unwell[/red]\x1b[2J")
    if behaviour == "exit":
        sys.exit("enough of this")
    if behaviour == "hang":
        hang()
    if behaviour == "hang in C":
        # No signal wakes this thread, and it never gives the interpreter lock back.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        ctypes.PyDLL(None).sleep(600)
    if behaviour == "print":
        print_everywhere()


def hang() -> None:
    while True:
        time.sleep(0.01)


def print_everywhere() -> None:
    """On every way there is to a terminal."""
    print("printed")
    print("complained", file=sys.stderr)
    os.write(1, b"written\n")
    os.write(2, b"written in anger\n")
    os.system("echo from a child")
    libc = ctypes.CDLL(None)
    libc.puts(b"from C")
    libc.fflush(None)
