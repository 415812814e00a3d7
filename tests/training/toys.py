"""Programs that hold everything of torch, numpy and Python that is easy to forget in a state."""

from __future__ import annotations

import random
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler as schedulers
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import Optimizer
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn

from tui_lab.hyperparameters import Hyperparameters, Value
from tui_lab.training.batches import Batches
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program

OPTIMIZERS: dict[str, Callable[[Any], Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "rprop": lambda p: torch.optim.Rprop(p, lr=0.01),
    "asgd": lambda p: torch.optim.ASGD(p, lr=0.01),
    "lbfgs": lambda p: torch.optim.LBFGS(p, lr=0.1, max_iter=3, history_size=4),
}
SCHEDULERS: dict[str, Callable[[Optimizer], LRScheduler]] = {
    "lambda": lambda o: schedulers.LambdaLR(o, lambda epoch: 0.9**epoch),
    "multiplicative": lambda o: schedulers.MultiplicativeLR(o, lambda epoch: 0.97),
    "step": lambda o: schedulers.StepLR(o, 5, 0.5),
    "multi-step": lambda o: schedulers.MultiStepLR(o, [3, 9, 9, 20], 0.5),
    "constant": lambda o: schedulers.ConstantLR(o, 0.5, 9),
    "linear": lambda o: schedulers.LinearLR(o, 0.3, 1.0, 12),
    "exponential": lambda o: schedulers.ExponentialLR(o, 0.95),
    "polynomial": lambda o: schedulers.PolynomialLR(o, 40, 1.5),
    "cosine": lambda o: schedulers.CosineAnnealingLR(o, 10),
    "restarts": lambda o: schedulers.CosineAnnealingWarmRestarts(o, 4, 2),
    "cyclic": lambda o: schedulers.CyclicLR(o, 0.001, 0.02, 4, mode="exp_range", gamma=0.99),
    "one-cycle": lambda o: schedulers.OneCycleLR(o, 0.05, 80),
    "swa": lambda o: SWALR(o, 0.02, 5),
    "sequential": lambda o: schedulers.SequentialLR(
        o, [schedulers.LinearLR(o, 0.1, 1.0, 5), schedulers.CosineAnnealingLR(o, 30)], [5]
    ),
    "chained": lambda o: schedulers.ChainedScheduler(
        [schedulers.StepLR(o, 7, 0.5), schedulers.ExponentialLR(o, 0.99)]
    ),
    "plateau": lambda o: schedulers.ReduceLROnPlateau(o, patience=1, factor=0.7),
}


class Bounds(NamedTuple):
    """A tuple whose items have names."""

    low: float
    high: float


class Toy(Program):
    """A small network with normalisation and dropout, noise of three generators in its data, and
    collections of all kinds."""

    def build(self) -> None:
        X = torch.randn(23, 4, generator=self.generator)
        y = X.sum(1, keepdim=True)
        self.batches = Batches((X.to(self.device), y.to(self.device)), 5, self.generator)
        torch.manual_seed(0)
        np.random.seed(0)
        random.seed(0)
        self.first, self.drop = nn.Linear(4, 8), nn.Dropout(0.5)
        self.net = nn.Sequential(
            self.first, nn.BatchNorm1d(8), nn.ReLU(), self.drop, nn.Linear(8, 1)
        ).to(self.device)
        self.optimizer = OPTIMIZERS[self.hp.optimizer](self.net.parameters())
        self.scheduler = SCHEDULERS[self.hp.scheduler](self.optimizer)
        self.averaged = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
        self.scaler = torch.amp.GradScaler(self.device.type, init_scale=1024.0, growth_interval=3)
        self.recent: deque[Tensor] = deque(maxlen=4)
        self.seen: dict[tuple[str, int], int] = {}
        self.kinds: Counter[str] = Counter()
        self.order: OrderedDict[int, list[float]] = OrderedDict()
        self.largest = np.zeros(3, np.float32)
        self.one = np.float64(1.0)
        self.dice = np.random.default_rng(3)
        self.own_dice = random.Random(4)
        self.names = {"a"}, frozenset({1}), Bounds(0.0, 1.0)
        self.missing: defaultdict[str, list[int]] = defaultdict(list)

    def parameters(self) -> Mapping[str, Tensor]:
        return dict(self.net.named_parameters())

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        noise = np.random.normal() + random.gauss(0, 1)
        noise += self.dice.normal() + self.own_dice.gauss(0, 1)
        loss = self._loss(X, y + 0.01 * noise)
        yield self.forward(loss)
        self._update(X, y, loss)
        self.averaged.update_parameters(self.net)
        if isinstance(self.scheduler, schedulers.ReduceLROnPlateau):
            self.scheduler.step(float(loss.detach()))
        else:
            self.scheduler.step()
        self._remember(loss, len(X))
        yield self.update()

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"seen": float(sum(self.seen.values()))}

    def _loss(self, X: Tensor, y: Tensor) -> Tensor:
        predicted: Tensor = self.net(X)
        return ((predicted - y) ** 2).mean()

    def _update(self, X: Tensor, y: Tensor, loss: Tensor) -> None:
        if isinstance(self.optimizer, torch.optim.LBFGS):
            self.optimizer.step(lambda: self._again(X, y))
            return
        self.optimizer.zero_grad(set_to_none=False)
        torch.autograd.backward(self.scaler.scale(loss))
        self.scaler.step(self.optimizer)
        self.scaler.update()

    def _again(self, X: Tensor, y: Tensor) -> float:
        self.optimizer.zero_grad()
        loss = self._loss(X, y)
        torch.autograd.backward(loss)
        return float(loss.detach())

    def _remember(self, loss: Tensor, examples: int) -> None:
        """What is remembered has a say in the parameters."""
        self.recent.append(loss.detach())
        place = ("batch", examples)
        self.seen[place] = self.seen.get(place, 0) + examples
        self.kinds[f"of {examples}"] += 1
        self.order[len(self.order) % 7] = [self.one, random.random()]
        self.missing[f"of {examples}"].append(len(self.recent))
        self.order.move_to_end(min(self.order))
        self.largest = np.maximum(self.largest, np.float32(self.kinds["of 3"]))
        self.one = np.float64(self.one + 1e-3)
        self.drop.train(self.kinds.total() % 4 != 0)
        with torch.no_grad():
            shift = torch.stack(list(self.recent)).sum() + float(self.largest.sum())
            self.first.bias.add_(1e-4 * shift * float(self.one))


def toy(optimizer: str = "sgd", scheduler: str = "step", device: str = "cpu") -> Toy:
    """One ready for its first step."""
    values: dict[str, Value] = {"epochs": 99, "optimizer": optimizer, "scheduler": scheduler}
    made = Toy(Hyperparameters(values), seed=1, device=torch.device(device))
    made.build()
    return made


def drive(program: Program, steps: int) -> list[str]:
    """Take steps across epochs, each of which is measured; returns losses to the last digit."""
    losses: list[str] = []
    batches = iter(program.batches)
    while len(losses) < steps:
        batch = next(batches, None)
        if batch is None:
            with torch.no_grad():
                losses.append(repr({k: float(v) for k, v in program.evaluate().items()}))
            batches = iter(program.batches)
            continue
        for _ in program.step(batch):
            pass
        assert program.loss is not None
        losses.append(repr(program.loss.detach().tolist()))
    return losses
