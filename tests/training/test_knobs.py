"""Protects that a knob which goes by the name of what an optimizer has reaches it without a word
from the program, and only where it is plain which is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim import SGD, lr_scheduler

from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program, turn
from tui_lab.worker.heeding import Heeding

VALUES = {"lr": 0.1, "weight_decay": 0.01, "momentum": 0.9, "other": 1.0}


class Own(Program):
    """Two parameters, the second without weight decay, and a rate that falls."""

    def build(self) -> None:
        self.v, self.w = (torch.ones(1, requires_grad=True) for _ in range(2))
        hp = self.hp
        groups = [{"params": [self.v]}, {"params": [self.w], "weight_decay": 0.0, "lr": 3 * hp.lr}]
        self.optimizer = SGD(groups, hp.lr, hp.momentum, weight_decay=hp.weight_decay)

    def step(self, batch: Any) -> Iterator[Phase]:
        raise NotImplementedError

    def evaluate(self) -> Mapping[str, float]:
        return {}

    def parameters(self) -> Mapping[str, Tensor]:
        return {}


def own(kind: type[Own] = Own) -> Own:
    program = kind(Hyperparameters(VALUES), seed=0, device=torch.device("cpu"))
    program.build()
    return program


def groups(program: Own, key: str) -> list[float]:
    return [group[key] for group in program.optimizer.param_groups]


def test_every_group_gets_its_share() -> None:
    program = own()
    turn(program, "lr", 0.2)
    assert groups(program, "lr") == pytest.approx([0.2, 0.6])
    turn(program, "weight_decay", 0.5)
    assert groups(program, "weight_decay") == [0.5, 0.0]
    turn(program, "momentum", 0.0)
    assert groups(program, "momentum") == [0.0, 0.0]


def test_a_rate_comes_back_from_zero() -> None:
    program = own()
    turn(program, "lr", 0.0)
    assert groups(program, "lr") == [0.0, 0.0]
    turn(program, "lr", 0.5)
    assert groups(program, "lr") == [0.5, 0.5]


SCHEDULERS: Mapping[str, Callable[[Any], Any]] = {
    "step": lambda o: lr_scheduler.StepLR(o, 2, 0.5),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, [0.3, 0.9], 12),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 9),
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.9**epoch),
    "linear": lambda o: lr_scheduler.LinearLR(o, 0.5, 1.0, 6),
    "chained": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(o, 0.5, 3), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
    "sequential": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o, 0.5, 3), lr_scheduler.LambdaLR(o, lambda e: 0.9**e)], [3]
    ),
}


@pytest.mark.filterwarnings("ignore::UserWarning:torch.optim.lr_scheduler")
@pytest.mark.parametrize("kind", SCHEDULERS)
def test_what_a_scheduler_makes_of_it_is_kept(kind: str) -> None:
    program, plain = own(), own()
    for each in (program, plain):
        setattr(each, "scheduler", SCHEDULERS[kind](each.optimizer))  # noqa: B010
    for step in range(7):
        if step == 2:
            turn(program, "lr", 0.4)
        for each in (program, plain):
            each.optimizer.step()
            getattr(each, "scheduler").step()  # noqa: B009
        factor = 1 if step < 2 else 4
        assert groups(program, "lr") == pytest.approx([factor * v for v in groups(plain, "lr")])


class Twofold(Own):
    def build(self) -> None:
        super().build()
        self.another = SGD([self.v], self.hp.lr)


class Deaf(Own):
    def hyperparameter_changed(self, name: str) -> None:
        """Nothing is handed on."""


@pytest.mark.parametrize(
    ("kind", "name", "heeded"),
    [(Own, "lr", True), (Own, "other", False), (Twofold, "lr", False), (Deaf, "lr", False)],
)
def test_what_reaches_nothing_is_still_found_out(kind: type[Own], name: str, heeded: bool) -> None:
    program, found = own(kind), list[str]()
    heeding = Heeding(program, lambda name, step: found.append(name))
    before = groups(program, "lr")
    heeding.watch([name], 0, 0)
    turn(program, name, 0.7)
    heeding.look(60, 1)
    assert found == ([] if heeded else [name])
    assert (groups(program, "lr") != before) == heeded
