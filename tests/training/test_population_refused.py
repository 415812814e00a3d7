"""Protects runs from training together that would not come to what each comes to alone: they are
refused in a sentence, and nothing stays of what one member was refused."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from tui_lab.errors import ExperimentError
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.batches import Batches
from tui_lab.training.member_numbers import PartWays
from tui_lab.training.members import member
from tui_lab.training.phase import Phase
from tui_lab.training.population import Population
from tui_lab.training.program import Program, forget_step

CPU = torch.device("cpu")
SEEDS = (3, 4)


class Net(Program):
    """A small network with dropout, and an optimizer with a memory."""

    def build(self) -> None:
        X = torch.randn(12, 3, generator=self.generator)
        self.net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 1))
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=self.hp.lr)
        self.batches = Batches((X, X.sum(1, keepdim=True)), 4, self.generator)

    def parameters(self) -> Mapping[str, Tensor]:
        return dict(self.net.named_parameters())

    def step(self, batch: Any) -> Iterator[Phase]:
        X, y = batch
        loss = (self.net(X) - y) ** 2
        yield self.forward(loss)
        torch.autograd.backward(loss.mean())
        self.optimizer.step()
        yield self.update()
        self.optimizer.zero_grad()

    def evaluate(self) -> Mapping[str, Any]:
        return {"train/loss": self.net(self.batches.tensors[0]).mean()}


def population(chosen: type[Program], rates: Sequence[float] = (0.1, 0.1)) -> Population:
    hyperparameters = [Hyperparameters({"lr": rate, "epochs": 9}) for rate in rates]
    return Population(chosen, hyperparameters, SEEDS, device=CPU)


def losses(of: Population) -> list[Tensor]:
    """Those of an epoch, a row per member."""
    found = []
    with of.chances:
        for batch in of.program.batches:
            for _ in of.program.step(batch):
                pass
            assert of.program.loss is not None
            found.append(torch.stack([member(of.program.loss.detach(), k) for k in range(2)]))
            forget_step(of.program)
    return found


def step_of(of: Population) -> Callable[[], object]:
    def take() -> None:
        with of.chances:
            for _ in of.program.step(of.program.batches.tensors):
                pass

    return take


@pytest.mark.parametrize("draw", [np.random.rand, random.random], ids=["numpy", "Python"])
def test_what_is_drawn_of_a_generator_that_all_share_is_nobodys(draw: Callable[[], float]) -> None:
    class InBuild(Net):
        def build(self) -> None:
            super().build()
            self.shift = draw()

    class InStep(Net):
        def step(self, batch: Any) -> Iterator[Phase]:
            draw()
            yield from super().step(batch)

    with pytest.raises(PartWays, match=r"numpy's .* Python's, .* Run them one after another\.$"):
        population(InBuild)
    stepped = population(InStep)
    stepped.check()
    losses(stepped)
    with pytest.raises(PartWays, match="of which there is one for all members"):
        stepped.check()


def test_the_batches_of_a_loader_are_those_of_one_run() -> None:
    class Loading(Net):
        def build(self) -> None:
            super().build()
            self.batches = DataLoader(TensorDataset(torch.zeros(4, 3)), 2, shuffle=True)

    class Idle(Net):
        def build(self) -> None:
            """Makes nothing."""

    with pytest.raises(
        PartWays, match=r"batches of this program are a DataLoader, .* from Batches"
    ):
        population(Loading)
    with pytest.raises(ExperimentError, match=r"Idle.build\(\) made no batches"):
        population(Idle)


class Line(Net):
    """One weight, made as `make` makes it."""

    make: Callable[[], Tensor]

    def build(self) -> None:
        super().build()
        self.w = type(self).make()

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.w}

    def step(self, batch: Any) -> Iterator[Phase]:
        loss = (batch[0] @ self.w - batch[1]) ** 2
        yield self.forward(loss)
        torch.autograd.backward(loss.mean())
        with torch.no_grad():
            self.w -= self.hp.lr * self.w.grad
        self.w.grad = None


def marked() -> Tensor:
    w = torch.tensor([[0.0]] * 3)
    w.requires_grad = True
    return w


MAKERS: dict[str, Callable[[], Tensor]] = {
    "marked": marked,
    "marked at once": lambda: torch.tensor([[0.0]] * 3).requires_grad_(),
    "a parameter": lambda: nn.Parameter(torch.tensor([[0.0]] * 3)),
    "from numpy": lambda: nn.Parameter(torch.from_numpy(np.zeros((3, 1), np.float32))),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_all_share_is_not_trained_by_each(make: Callable[[], Tensor]) -> None:
    chosen = type("Own", (Line,), {"make": staticmethod(make)})
    with pytest.raises(PartWays, match=r"one tensor for all members|share is written to"):
        population(chosen)


def test_what_is_made_to_be_trained_is_each_ones_own() -> None:
    class Own(Line):
        make = staticmethod(lambda: torch.tensor([[0.0]] * 3, requires_grad=True))

    together = losses(population(Own))
    for k, seed in enumerate(SEEDS):
        hyperparameters = Hyperparameters({"lr": 0.1, "epochs": 9})
        alone = Own(hyperparameters, seed=seed, device=CPU)
        alone.build()
        for batch, rows in zip(alone.batches, together, strict=True):
            list(alone.step(batch))
            assert alone.loss is not None
            assert torch.allclose(alone.loss, rows[k])


def test_a_rehearsal_leaves_everything_as_it_was() -> None:
    aside, turned = population(Net), population(Net)
    assert torch.equal(losses(aside)[-1], losses(turned)[-1])
    turned.turn(1, {"lr": 0.1}, step_of(turned))
    for own, other in zip(losses(turned), losses(aside), strict=True):
        assert torch.equal(own, other)


class Particular(Net):
    """Minds rates above 1 when one is turned, and asks for those above 0.2 in each step."""

    def hyperparameter_changed(self, name: str) -> None:
        self.is_high = bool(self.hp.lr > 1.0)
        super().hyperparameter_changed(name)

    def step(self, batch: Any) -> Iterator[Phase]:
        yield from super().step(batch)
        self.is_large = bool(self.hp.lr > 0.2)


@pytest.mark.parametrize("rate", [0.5, 5.0], ids=["in the step", "at once"])
def test_what_one_member_may_not_have_leaves_all_as_they_were(rate: float) -> None:
    aside, turned = population(Particular), population(Particular)
    losses(aside), losses(turned)
    with pytest.raises(PartWays, match="part ways"):
        turned.turn(1, {"lr": rate}, step_of(turned))
    assert turned.values(1)["lr"] == 0.1
    assert turned.program.hp.lr == 0.1
    for own, other in zip(losses(turned), losses(aside), strict=True):
        assert torch.equal(own, other)
    turned.turn(1, {"lr": 0.15}, step_of(turned))
    assert turned.values(1)["lr"] == 0.15
