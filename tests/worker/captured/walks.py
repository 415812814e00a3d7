"""A walk of many small steps, in the makes that steps come in, driven with a stub of a card and
without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.worker.captured.stub_card import StubCard
from tests.worker.conducted import EXPERIMENT, Toy, of
from tests.worker.driven import CPU, building, column, drive
from tui_lab import events
from tui_lab.commands import Command, Pause
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.training.batches import Batches
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program

STEPS = 600
"""In an epoch; one in eighteen is looked at."""


class Walk(Toy):
    """w ← w − lr · (w + noise of the batch) / 100, in two epochs of many steps and a short one."""

    def build(self) -> None:
        self.w = torch.tensor([100.0], requires_grad=True)
        noise = torch.randn((2 * STEPS - 1, 1), generator=self.generator)
        self.batches: Any = Batches((noise,), 2, self.generator)

    def loss_of(self, batch: Any) -> Tensor:
        loss: Tensor = (self.w + batch[0].view(-1)) ** 2 / 200
        return loss

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"train/loss": self.w.detach()[0], "lr": self.hp.lr}


class Driven:
    """A run of a toy, with or without a card."""

    def __init__(
        self,
        folder: Path,
        toy: type[Program] = Walk,
        before: Mapping[int, list[Command]] | None = None,
        card: StubCard | None = None,
        epochs: int = 2,
        **drawn: Any,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={})
        directory = RunDirectory.create(folder, request, datetime(2026, 1, 1))
        self.program = building(toy, EXPERIMENT)(CPU, EXPERIMENT.choose({"epochs": epochs}))
        self.log, self.answers = drive(
            directory, EXPERIMENT, self.program, before, card=card, **drawn
        )

    @property
    def said(self) -> list[str]:
        return [event.message for event in of(events.Remarked, self.log)]

    @property
    def numbers(self) -> list[Any]:
        """What the run came to, to the last bit."""
        values = [value.tolist() for value in self.program.parameters().values()]
        measured = [column(self.log, key, "epoch") for key in ("train/loss", "lr")]
        return [values, measured, self.program.batches.state_dict()]


def both(
    folder: Path,
    toy: type[Program] = Walk,
    before: Mapping[int, list[Command]] | None = None,
    **drawn: Any,
) -> tuple[Driven, Driven, StubCard]:
    """The same run taken step by step, and recorded. What is ordered before some step is ordered of
    the other where the recorded run obeyed: several steps in one recording are not broken off."""
    card, orders = StubCard(), before or {}
    recorded = Driven(folder / "recorded", toy, orders, card, **drawn)
    answers, obeyed = iter(recorded.answers), {}
    for commands in orders.values():
        (step, *_) = [next(answers).step for _ in commands]
        obeyed[step - (not isinstance(commands[0], Pause))] = commands
    return Driven(folder / "plain", toy, obeyed, **drawn), recorded, card


def assert_same(plain: Driven, recorded: Driven) -> None:
    assert recorded.numbers[:2] == plain.numbers[:2]
    losses = column(recorded.log, "train/loss")
    assert losses == pytest.approx(column(plain.log, "train/loss"), rel=1e-6)
    assert [answer.step for answer in recorded.answers] == [a.step for a in plain.answers]


class Zeroing(Walk):
    """Its gradient is there between two steps, and another after each."""

    def build(self) -> None:
        super().build()
        self.optimizer = torch.optim.SGD([self.w], lr=0.5, momentum=0.9)

    def step(self, batch: Any) -> Iterator[Phase]:
        self.optimizer.zero_grad()
        loss = self.loss_of(batch)
        yield self.forward(loss)
        torch.autograd.backward(loss.sum())
        yield self.backward()
        self.optimizer.step()
        yield self.update()


class Adding(Walk):
    """Gradients add up."""

    def step(self, batch: Any) -> Iterator[Phase]:
        loss = self.loss_of(batch)
        yield self.forward(loss)
        torch.autograd.backward(loss.sum() / 1000)
        yield self.backward()
        assert self.w.grad is not None
        with torch.no_grad():
            self.w -= self.hp.lr * self.w.grad
        yield self.update()


class Listed(Walk):
    """Batches of its own, of two shapes in turn."""

    def build(self) -> None:
        super().build()
        noise = torch.randn(STEPS, 3, generator=self.generator)
        self.batches = [(row[: 2 + i % 2],) for i, row in enumerate(noise)]


class Named(Walk):
    """Batches of its own, in a dictionary."""

    def build(self) -> None:
        super().build()
        noise = torch.randn(STEPS, 3, generator=self.generator)
        self.batches = [{"x": row, 0: row} for row in noise]


class Scheduled(Zeroing):
    """Another learning rate in every epoch."""

    def epoch_ended(self) -> None:
        self.optimizer.param_groups[0]["lr"] /= 2


class Dropped(Walk):
    """Draws on its device, from the default generator and one of its own."""

    def build(self) -> None:
        super().build()
        self.chance = torch.Generator().manual_seed(3)

    def loss_of(self, batch: Any) -> Tensor:
        own = torch.rand(1, generator=self.chance)
        return super().loss_of(batch) * torch.rand(1) * own
