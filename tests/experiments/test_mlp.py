"""Protects the perceptron's training: every step against numpy, both implementations alike, every
knob, and a run that is restored."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.experiments.classifier_driver import Reads, assert_close, choices, drive, matrices
from tests.experiments.driver import Values, build, evaluate, set_hyperparameter
from tests.experiments.mlp_driver import IMPLEMENTATIONS, SMALL, both, oracle_step, trained
from tui_lab.errors import HyperparameterError
from tui_lab.experiments.mlp import EXPERIMENT
from tui_lab.training.perceptron import ACTIVATIONS
from tui_lab.training.state import capture, restore

pytestmark = pytest.mark.usefixtures("subset")


@both
def test_every_step_is_the_oracles(implementation: str) -> None:
    program = build("mlp", 3, **SMALL, implementation=implementation, lr=0.1)
    for X, y in program.batches:
        expected, loss = oracle_step(matrices(program), X.double().numpy(), y.numpy(), 0.1)
        list(program.step((X, y)))
        assert program.loss is not None
        assert program.loss.detach().mean().item() == pytest.approx(loss, rel=1e-5)
        assert_close(matrices(program), expected, atol=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_both_implementations_take_the_same_steps(activation: str) -> None:
    """Point 13: the same formula, apart from rounding."""
    scratch, concise = (
        trained(implementation=i, activation=activation, lr=0.1) for i in IMPLEMENTATIONS
    )
    assert_close(matrices(scratch), matrices(concise), atol=1e-5)


@both
@pytest.mark.parametrize("init", ["normal", "default", "xavier", "he", "constant"])
def test_both_implementations_start_alike(implementation: str, init: str) -> None:
    values: Values = {**SMALL, "init": init}
    program = build("mlp", 1, **values, implementation=implementation)
    expected = build("mlp", 1, **values)
    for mine, theirs in zip(matrices(program), matrices(expected), strict=True):
        assert all(map(np.array_equal, mine, theirs))


def test_a_constant_start_keeps_hidden_units_equal() -> None:
    """Point 26."""
    program = trained(init="constant", hidden="9", lr=0.03, steps=9)
    W = matrices(program)[0][0]
    assert W.std(0).mean() > 1e-4
    assert abs(W - W[:, :1]).max() < 1e-6
    assert evaluate(program)["spread/units"] == abs(W - W[:, :1]).max()
    W = matrices(trained())[0][0]
    assert evaluate(trained())["spread/units"] == pytest.approx(abs(W - W[:, :1]).max())


@pytest.mark.parametrize("name", choices(EXPERIMENT, "optimizer"))
def test_optimizers_are_torch_optims_own(name: str) -> None:
    kinds: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
        "nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
        "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01),
    }
    values: Values = {"implementation": "concise", "optimizer": name, "lr": 0.01}
    program = build("mlp", 2, **{**SMALL, **values})
    twin = nn.Sequential(
        nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 7), nn.ReLU(), nn.Linear(7, 10)
    )
    with torch.no_grad():
        for mine, theirs in zip(twin.parameters(), program.parameters().values(), strict=True):
            mine.copy_(theirs)
    optimizer = kinds[name](twin.parameters())
    for X, y in program.batches:
        list(program.step((X, y)))
        optimizer.zero_grad()
        nn.functional.cross_entropy(twin(X), y).backward()
        optimizer.step()
    for mine, theirs in zip(twin.parameters(), program.parameters().values(), strict=True):
        assert torch.equal(mine, theirs)


@both
def test_a_live_lr_acts_at_the_next_step(implementation: str) -> None:
    program = build("mlp", 0, **SMALL, implementation=implementation, lr=0.1)
    seen = []

    def before(step: int) -> None:
        seen.append(matrices(program)[0][0].copy())
        if step == 3:
            set_hyperparameter(program, "lr", 1e-6)

    drive(program, 5, before)
    moved = [abs(b - a).max() for a, b in pairwise(seen)]
    assert moved[1] > 1e-3
    assert max(moved[2:]) < 1e-6


@both
def test_the_seed_and_nothing_else_decides(implementation: str) -> None:
    def run(seed: int, look: bool) -> list[float]:
        program = build("mlp", seed, **SMALL, implementation=implementation)

        def before(step: int) -> None:
            if look:
                evaluate(program)
                program.pictures()

        return drive(program, 5, before)

    assert run(4, look=False) == run(4, look=True)
    assert run(4, look=False) != run(5, look=False)


@both
@pytest.mark.parametrize("k", [1, 4])
def test_restored_it_goes_on_bit_for_bit(implementation: str, k: int) -> None:
    optimizer = "adam" if implementation == "concise" else "sgd"
    values: Values = {**SMALL, "implementation": implementation, "optimizer": optimizer}
    unbroken = build("mlp", 1, **{**values, "lr": 0.01})
    drive(unbroken, k)
    state = capture(unbroken)
    batches = len(unbroken.batches)
    expected = drive(unbroken, 2 * batches), evaluate(unbroken)
    resumed = build("mlp", 1, **{**values, "lr": 0.01})
    drive(resumed, 2)
    restore(resumed, state)
    assert (drive(resumed, 2 * batches), evaluate(resumed)) == expected


@pytest.mark.parametrize(
    ("values", "name", "reason"),
    [
        ({"optimizer": "adam"}, "optimizer", "take implementation=concise"),
        ({"hidden": "0"}, "hidden", "from 1 to 65536"),
        ({"hidden": "1.5"}, "hidden", "whole"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    values: Values, name: str, reason: str
) -> None:
    with pytest.raises(HyperparameterError, match=reason) as caught:
        EXPERIMENT.choose(values)
    assert caught.value.name == name


@both
def test_a_step_reads_nothing_from_the_device(implementation: str) -> None:
    program = build("mlp", **SMALL, implementation=implementation)
    with Reads() as reads:
        list(program.step(next(iter(program.batches))))
        program.evaluate()
    assert reads.count == 0
