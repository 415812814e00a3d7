"""A convolutional network as PyTorch's example has it: a DataLoader, dropout, Adadelta, and a rate
that falls after every epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from tui_lab.experiment import Curve, Experiment, Metric
from tui_lab.hyperparameters import Float, Int
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program

EXPERIMENT = Experiment(
    name="own-cnn",
    title="CNN",
    chapter="Mine",
    summary="Stripes, lying or standing.",
    program="own_cnn:CNN",
    hyperparameters=(
        Int("batch_size", default=8, low=1, high=100),
        Int("epochs", default=3, low=1, high=1000),
        Float("lr", default=1.0, low=0.0, high=10.0, live=True),
        Int("workers", default=0, low=0, high=4),
        Int("channels", default=4, low=1, high=64),
    ),
    metrics=(
        Metric("train/loss", "Batch cross-entropy.", "minimize"),
        Metric("test/loss", "Cross-entropy over all images.", "minimize"),
        Metric("lr", "What the scheduler made of lr."),
    ),
    pictures=(Curve("loss", ("train/loss",), every="step"), Curve("rate", ("lr",), every="step")),
)


class CNN(Program):
    def build(self) -> None:
        y = torch.randint(2, (40,), generator=self.generator)
        stripes = (torch.arange(8) % 2).float().expand(40, 1, 8, 8)
        X = torch.where(y.view(-1, 1, 1, 1) == 0, stripes, stripes.mT)
        X = X + torch.randn(X.shape, generator=self.generator)
        self._all = X, y
        self.batches = DataLoader(
            TensorDataset(X, y), self.hp.batch_size, shuffle=True, num_workers=self.hp.workers
        )
        width = self.hp.channels
        self.net = nn.Sequential(
            nn.Conv2d(1, width, 3), nn.ReLU(), nn.Dropout(0.2), nn.Flatten(), nn.LazyLinear(2)
        )
        self.net(X[:1])
        self.criterion = F.cross_entropy
        self.optimizer = torch.optim.Adadelta(self.net.parameters(), lr=self.hp.lr)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 1, 0.7)

    def parameters(self) -> Mapping[str, Tensor]:
        return dict(self.net.named_parameters())

    def step(self, batch: Any) -> Iterator[Phase]:
        X, y = batch
        loss = self.criterion(self.net(X), y)
        yield self.forward(loss)
        torch.autograd.backward(loss)
        yield self.backward()
        self.optimizer.step()
        self.record("lr", self.optimizer.param_groups[0]["lr"])
        yield self.update()
        self.optimizer.zero_grad()
        yield self.zero_grad()

    def epoch_ended(self) -> None:
        self.scheduler.step()

    def evaluate(self) -> Mapping[str, Tensor]:
        X, y = self._all
        self.net.eval()
        loss = self.criterion(self.net(X), y)
        self.net.train()
        return {"test/loss": loss}
