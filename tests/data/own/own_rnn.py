"""A recurrent network whose state is carried from batch to batch, updated by hand; its rate is
divided when the validation loss stops falling, and its best weights are kept."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tui_lab.experiment import Curve, Experiment, Metric
from tui_lab.hyperparameters import Float, Int
from tui_lab.training.batches import Batches
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program

EXPERIMENT = Experiment(
    name="own-rnn",
    title="Recurrent network",
    chapter="Mine",
    summary="A sum that is carried along.",
    program="own_rnn:RNN",
    hyperparameters=(
        Int("hidden", default=8, low=4, high=2048),
        Int("bptt", default=5, low=2, high=500),
        Int("epochs", default=3, low=1, high=1000),
        Float("lr", default=2.0, low=0.0, high=100.0, live=True),
        Float("clip", default=0.25, low=0.0, high=10.0, live=True),
    ),
    metrics=(
        Metric("train/loss", "Mean cross-entropy of a batch.", "minimize"),
        Metric("val/loss", "Cross-entropy of the whole sequence.", "minimize"),
        Metric("lr", "What is left of lr."),
    ),
    pictures=(Curve("loss", ("train/loss",), every="step"), Curve("rate", ("lr",), every="step")),
)


class RNN(Program):
    def build(self) -> None:
        steps = torch.randint(3, (42, 4), generator=self.generator)
        sums = steps.cumsum(0) % 3
        self._all = steps, sums
        self.batches = Batches((steps, sums), self.hp.bptt, self.generator, shuffle=False)
        self.embed = nn.Embedding(3, self.hp.hidden)
        self.rnn = nn.LSTM(self.hp.hidden, self.hp.hidden, 2, dropout=0.2)
        self.out = nn.Linear(self.hp.hidden, 3)
        self.share = 1.0
        self.state: tuple[Tensor, ...] | None = None
        self.best = math.inf
        self.kept: Mapping[str, Any] | None = None

    def parameters(self) -> Mapping[str, Tensor]:
        parts = {"embed": self.embed, "rnn": self.rnn, "out": self.out}
        return {f"{n}.{k}": p for n, m in parts.items() for k, p in m.named_parameters()}

    def logits(self, X: Tensor, state: Any) -> tuple[Tensor, Any]:
        hidden, state = self.rnn(self.embed(X), state)
        return self.out(hidden), state

    def step(self, batch: Any) -> Iterator[Phase]:
        X, y = batch
        logits, state = self.logits(X, self.state)
        self.state = tuple(s.detach() for s in state)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        yield self.forward(loss)
        torch.autograd.backward(loss)
        yield self.backward()
        parameters = list(self.parameters().values())
        nn.utils.clip_grad_norm_(parameters, self.hp.clip or math.inf)
        yield Phase("clip")
        self.record("lr", self.share * self.hp.lr)
        with torch.no_grad():
            for p in parameters:
                assert p.grad is not None
                p -= self.share * self.hp.lr * p.grad
        yield self.update()
        for p in parameters:
            p.grad = None
        yield self.zero_grad()

    def epoch_ended(self) -> None:
        self.state = None
        loss = self.validation()
        if loss < self.best:
            self.best = loss
            self.kept = copy.deepcopy(dict(self.out.state_dict()))
        self.share /= 4

    @torch.no_grad()
    def validation(self) -> float:
        self.rnn.eval()
        logits, _ = self.logits(self._all[0], None)
        self.rnn.train()
        return F.cross_entropy(logits.flatten(0, 1), self._all[1].flatten()).item()

    def evaluate(self) -> Mapping[str, float]:
        return {"val/loss": self.validation()}

    def finish(self) -> bool:
        if self.kept is None:
            return False
        self.out.load_state_dict(self.kept)
        return True
