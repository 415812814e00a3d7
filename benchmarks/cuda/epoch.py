"""An epoch of the perceptron on Fashion-MNIST, as the lab takes it on a card, against torch's
DataLoader over a TensorDataset: the same network and optimizer, batches of 256."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.cuda.run import CARD, run
from benchmarks.measurement import Measurement
from tui_lab.training.fashion_mnist import PIXELS, Split, load

_BATCH = 256
_EPOCHS = 40
"""Of the lab's: the first few record."""


def measure() -> Iterator[Measurement]:
    """With no worker, and with four that pin what they load; and how long recording took."""
    values = {"implementation": "concise", "batch_size": _BATCH, "epochs": _EPOCHS}
    run("mlp", {**values, "epochs": 2}, graphs=True)  # loads what it needs
    taken = run("mlp", values, graphs=True)
    ours = taken.seconds / _EPOCHS
    longest = 1000 * max(taken.recordings, default=math.inf)
    note = ", ".join(f"{1000 * seconds:.1f}" for seconds in taken.recordings)
    yield Measurement("the longest time that recording took", longest, 50.0, "ms", note=note)
    train = load().train
    for workers in (0, 4):
        seconds = _loaded(train, workers)
        yield Measurement(
            f"MLP epoch, DataLoader over a TensorDataset, {workers} workers ÷ the lab",
            seconds / ours,
            20.0,
            at_least=True,
            note=f"{seconds:.2f} s; {1000 * ours:.1f} ms with its evaluation, of {_EPOCHS}",
        )


def _loaded(train: Split, workers: int) -> float:
    """Seconds of an epoch, after one that warms up."""
    net = nn.Sequential(nn.Linear(PIXELS, 256), nn.ReLU(), nn.Linear(256, 10)).to(CARD)
    optimizer, criterion = torch.optim.SGD(net.parameters(), lr=0.5), nn.CrossEntropyLoss()
    loader = DataLoader(
        TensorDataset(train.X, train.y),
        batch_size=_BATCH,
        shuffle=True,
        num_workers=workers,
        pin_memory=True,
        persistent_workers=workers > 0,
    )
    seconds = 0.0
    for _ in range(2):
        start = time.perf_counter()
        for X, y in loader:
            loss = criterion(net(X.to(CARD, non_blocking=True)), y.to(CARD, non_blocking=True))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        torch.cuda.synchronize()
        seconds = time.perf_counter() - start
    return seconds
