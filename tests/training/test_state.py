"""Protects the contract that branch, resume and replay stand on: a program restored at step k and
driven on to step n equals, bit for bit, the one that never stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.training.toys import drive
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.plugins import load_experiment
from tui_lab.training.batches import Batches
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore
from tui_lab.worker.programs import program_class

CPU = torch.device("cpu")


class Dropout(Program):
    """A small network with everything that is easy to forget: momentum, dropout, running means,
    a live knob, a plain counter and a list of tensors."""

    def build(self) -> None:
        X = torch.randn(23, 4, generator=self.generator)
        self.batches = Batches((X, X.sum(1, keepdim=True)), 5, self.generator)
        torch.manual_seed(0)
        self.net = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1)
        )
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.001, momentum=0.9)
        self.seen = 0
        self.history: list[Tensor] = []

    def parameters(self) -> Mapping[str, Tensor]:
        return dict(self.net.named_parameters())

    def step(self, batch: tuple[Tensor, Tensor]) -> Iterator[Phase]:
        X, y = batch
        loss = (self.net(X) - y) ** 2
        yield self.forward(loss)
        torch.autograd.backward(loss.mean())
        self.optimizer.step()
        self.history.append(loss.detach().mean())
        self.seen += len(X)
        yield self.update()

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"seen": float(self.seen)}


def built(experiment: Experiment | None, values: Mapping[str, object]) -> Program:
    """A program ready for its first step."""
    if experiment is None:
        program: Program = Dropout(Hyperparameters({"epochs": 3}), seed=1, device=CPU)
    else:
        chosen = experiment.choose(values)
        program = program_class(experiment.program)(chosen, seed=1, device=CPU)
    program.build()
    return program


CASES = [
    pytest.param(None, {}, id="network-with-dropout"),
    pytest.param("linear-regression", {"examples": 47}, id="linear-regression-scratch"),
    pytest.param(
        "linear-regression",
        {"implementation": "concise", "examples": 47, "dtype": "float64", "zero_grad": False},
        id="linear-regression-concise",
    ),
    pytest.param("weight-decay", {}, id="weight-decay-scratch"),
    pytest.param("weight-decay", {"implementation": "concise"}, id="weight-decay-concise"),
]


@pytest.mark.parametrize(("name", "values"), CASES)
@pytest.mark.parametrize("k", [1, 4, 7])
def test_restored_program_goes_on_bit_for_bit(
    name: str | None, values: dict[str, object], k: int
) -> None:
    experiment = load_experiment(name) if name else None
    unbroken = built(experiment, values)
    drive(unbroken, k)
    state = capture(unbroken)
    expected = drive(unbroken, 13)

    resumed = built(experiment, values)
    drive(resumed, 2)  # whatever it did before must leave no trace
    restore(resumed, state)
    assert drive(resumed, 13) == expected
    for parameter, twin in zip(
        unbroken.parameters().values(), resumed.parameters().values(), strict=True
    ):
        assert torch.equal(parameter, twin)


def test_a_captured_state_does_not_move_with_the_program() -> None:
    program = built(None, {})
    drive(program, 2)
    state = capture(program)
    first = drive(program, 3)
    restore(program, state)
    assert drive(program, 3) == first


def test_gradients_and_changed_knobs_are_state() -> None:
    experiment = load_experiment("linear-regression")
    program = built(experiment, {"zero_grad": False})
    drive(program, 3)
    program.hp.lr = 0.5
    state = capture(program)
    twin = built(experiment, {"zero_grad": False})
    restore(twin, state)
    assert twin.hp.lr == 0.5
    for parameter, other in zip(
        program.parameters().values(), twin.parameters().values(), strict=True
    ):
        assert parameter.grad is not None
        assert other.grad is not None
        assert torch.equal(parameter.grad, other.grad)


def test_what_cannot_be_captured_is_named() -> None:
    program = built(None, {})
    stranger: Any = object()
    program.stranger = stranger  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="stranger holds a object"):
        capture(program)
