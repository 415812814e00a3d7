"""Training loops with nothing around them: the notes' own, and our step driven by a `for`."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from tui_lab.plugins import load_experiment
from tui_lab.worker.programs import program_class

_SECONDS = 2.0
_CPU = torch.device("cpu")


def rate(steps: Iterator[None]) -> float:
    """Steps per second over two seconds, after a warm-up of half a second."""
    _drive(steps, 0.5)
    return _drive(steps, _SECONDS)


def _drive(steps: Iterator[None], seconds: float) -> float:
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        for _ in range(20):
            next(steps)
        count += 20
    return count / (time.perf_counter() - start)


def own(experiment: str, values: dict[str, str]) -> Iterator[None]:
    """Our program's steps, driven by nothing; the loss is kept as a loop of one's own would."""
    declaration = load_experiment(experiment)
    chosen = declaration.choose(values)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    program = program_class(declaration.program)(chosen, seed=0, device=device)
    program.build()
    while True:
        for batch in program.batches:
            for _ in program.step(batch):
                pass
            yield
        with torch.no_grad():
            program.evaluate()


def notes(device: torch.device = _CPU) -> Iterator[None]:
    """The notes' loop for linear regression, as they write it."""
    w_true, b_true = torch.tensor([2, -3.4], device=device), 4.2
    features = torch.normal(0, 1, (1000, 2), device=device)
    labels = (torch.matmul(features, w_true) + b_true).reshape((-1, 1))
    labels += torch.normal(0, 0.01, labels.shape, device=device)
    w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True, device=device)
    b = torch.zeros(1, requires_grad=True, device=device)
    while True:
        for X, y in data_iter(10, features, labels):
            loss = squared_loss(torch.matmul(X, w) + b, y)
            loss.sum().backward()
            sgd([w, b], 0.03, 10)
            yield
        with torch.no_grad():
            squared_loss(torch.matmul(features, w) + b, labels).mean()


def data_iter(batch_size: int, features: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """The notes' mini-batches: a shuffled Python list of indices."""
    indices = list(range(len(features)))
    random.shuffle(indices)
    for i in range(0, len(features), batch_size):
        batch = torch.tensor(
            indices[i : min(i + batch_size, len(features))], device=features.device
        )
        yield features[batch], labels[batch]


def squared_loss(y_hat: Tensor, y: Tensor) -> Tensor:
    """The notes' half squared error."""
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def sgd(parameters: list[Tensor], lr: float, batch_size: int) -> None:
    """The notes' update, which zeroes the gradients too."""
    with torch.no_grad():
        for parameter in parameters:
            assert parameter.grad is not None
            parameter -= lr * parameter.grad / batch_size
            parameter.grad.zero_()


def main(experiment: str, values: dict[str, str]) -> None:
    """Print the rates as JSON."""
    loops: dict[str, Callable[[], Iterator[None]]] = {"own": lambda: own(experiment, values)}
    if experiment == "linear-regression":
        loops["notes"] = notes
    print(json.dumps({name: rate(loop()) for name, loop in loops.items()}))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
