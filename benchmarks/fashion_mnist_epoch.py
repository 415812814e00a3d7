"""An epoch of the perceptron on Fashion-MNIST, against a bare loop and against torch's DataLoader.

All three train the same network on the same tensors with the same optimizer and batches of 256.
The bare loops keep no account of loss and accuracy, as ours does; with the whole account that the
notes' loop keeps, `.item()` at each step, is measured too. They take turns, a few steps each, so
that a busy machine slows all alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.measurement import Measurement, scatter
from tui_lab.experiments.mlp.program import Concise
from tui_lab.plugins import load_experiment
from tui_lab.training.device import resolve_device

_ROUNDS = 7
_TURN = 16
"""Steps taken in a row: the batches that our `Batches` gathers at once."""
_BATCH = 256

Batch = tuple[Tensor, Tensor]


def measure() -> Iterator[Measurement]:
    """The budgets on an epoch of Fashion-MNIST, batches of 256."""
    program = _program()
    tensors = program.batches.tensors
    loader = DataLoader(TensorDataset(*tensors), batch_size=_BATCH, shuffle=True)
    kinds: dict[str, Callable[[], Iterator[None]]] = {
        "ours": lambda: _ours(program),
        "bare": lambda: _bare(program, _slices(tensors), account=False),
        "notes": lambda: _bare(program, _slices(tensors), account=True),
        "loader": lambda: _bare(program, loader, account=False),
    }
    seconds = [_round(kinds) for _ in range(_ROUNDS + 1)][1:]  # the first warms up
    for name, what, budget in (
        ("bare", "a bare loop over the same tensors", 0.98),
        ("notes", "a bare loop with the notes' account", 0.98),
        ("loader", "DataLoader over a TensorDataset", 1.15),
    ):
        ratios = [each[name] / each["ours"] for each in seconds]
        yield Measurement(
            f"MLP epoch, speed ÷ {what}",
            statistics.median(ratios),
            budget,
            at_least=True,
            note=f"{scatter(ratios)}; {statistics.median(e['ours'] for e in seconds):.2f} s",
        )


def _program() -> Concise:
    chosen = load_experiment("mlp").choose({"implementation": "concise", "batch_size": _BATCH})
    program = Concise(chosen, seed=0, device=resolve_device("auto"))
    program.build()
    return program


def _round(kinds: dict[str, Callable[[], Iterator[None]]]) -> dict[str, float]:
    """Seconds that an epoch of each kind took."""
    seconds = dict.fromkeys(kinds, 0.0)
    epochs = {name: start() for name, start in kinds.items()}
    while epochs:
        for name in list(epochs):
            start = time.perf_counter()
            steps = sum(1 for _ in islice(epochs[name], _TURN))
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            seconds[name] += time.perf_counter() - start
            if steps < _TURN:
                del epochs[name]
    return seconds


def _ours(program: Concise) -> Iterator[None]:
    for X, y in program.batches:
        for _ in program.step((X, y)):
            pass
        yield


def _bare(program: Concise, batches: Iterable[Batch], *, account: bool) -> Iterator[None]:
    net, optimizer, criterion = program.net, program.optimizer, nn.CrossEntropyLoss()
    loss_sum, correct = 0.0, 0.0
    for X, y in batches:
        logits = net(X)
        loss = criterion(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if account:
            loss_sum += loss.item()
            correct += (logits.argmax(dim=1) == y).sum().item()
        yield


def _slices(tensors: tuple[Tensor, ...]) -> Iterator[Batch]:
    X, y = tensors
    order = torch.randperm(len(y), device=y.device)
    for start in range(0, len(y), _BATCH):
        chosen = order[start : start + _BATCH]
        yield X[chosen], y[chosen]


if __name__ == "__main__":
    print(*measure(), sep="\n")
