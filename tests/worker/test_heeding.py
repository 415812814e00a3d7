"""Protects that a live knob which a program ignores is found out, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.experiments.driver import build, evaluate
from tests.worker.conducted import Toy, conduct, of
from tui_lab import events
from tui_lab.commands import Command, Resume, SetHyperparameter
from tui_lab.experiment import Experiment
from tui_lab.plugins import load_experiment, load_experiments
from tui_lab.runs.directory import RunDirectory
from tui_lab.training.phase import Phase
from tui_lab.training.program import Values
from tui_lab.worker.heeding import Heeding

TURN: dict[int, list[Command]] = {5: [SetHyperparameter("lr", 0.25), Resume()]}


class Deaf(Toy):
    """Copies `lr` once, as a program with an optimizer does, and does not hand it on."""

    def build(self) -> None:
        super().build()
        self.lr = self.hp.lr

    def step(self, batch: Any) -> Iterator[Phase]:
        loss = self.w + batch[0].view(-1)
        yield self.forward(loss)
        torch.autograd.backward(loss.sum())
        with torch.no_grad():
            self.w -= self.lr * self.w.grad
            self.w.grad.zero_()  # type: ignore[union-attr]
        yield self.update()


class Told(Deaf):
    """Hands it on."""

    def hyperparameter_changed(self, name: str) -> None:
        self.lr = self.hp.lr


class Late(Deaf):
    """Reads it where it measures."""

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"train/loss": self.w.detach()[0], "lr": self.hp.lr}


def remarks(directory: RunDirectory, toy: type[Toy]) -> list[tuple[int, str]]:
    log, _, _ = conduct(directory, TURN, toy=toy, epochs=40)
    return [(e.step, e.message) for e in of(events.Remarked, log) if "nothing" in e.message]


def test_a_knob_that_is_ignored_is_found_out(directory: RunDirectory) -> None:
    ((step, message),) = remarks(directory, Deaf)
    assert step >= 55
    assert message == (
        "lr was changed at step 6 and nothing in the program has read it since; "
        "hand it on in hyperparameter_changed."
    )


@pytest.mark.parametrize("toy", [Toy, Told, Late])
def test_one_that_is_read_is_not(directory: RunDirectory, toy: type[Toy]) -> None:
    assert remarks(directory, toy) == []


def test_reading_costs_nothing_more_once_all_is_read() -> None:
    toy = Toy({"lr": 0.5}, seed=0, device=torch.device("cpu"))  # type: ignore[arg-type]
    heeding = Heeding(toy, lambda name, step: pytest.fail(name))
    heeding.watch(["lr"], 5, 1)
    assert type(toy.hp) is not Values
    assert toy.hp.lr == 0.5
    heeding.look(6, 1)
    assert type(toy.hp) is Values


LIVE = [
    (experiment.name, hyperparameter.name)
    for experiment in load_experiments()
    if isinstance(experiment, Experiment) and not experiment.demonstration
    for hyperparameter in experiment.hyperparameters
    if hyperparameter.live
]


@pytest.mark.usefixtures("subset")
@pytest.mark.parametrize(("name", "knob"), LIVE)
def test_every_experiment_heeds_its_live_knobs(name: str, knob: str) -> None:
    program = build(name)
    found: list[str] = []
    heeding = Heeding(program, lambda name, step: found.append(name))
    heeding.watch([knob], 0, 0)
    program.hyperparameter_changed(knob)
    for _, batch in zip(range(60), endless(program), strict=False):
        list(program.step(batch))
    evaluate(program)
    heeding.look(60, 1)
    experiment = load_experiment(name)
    assert found == [] or knob in experiment.idle(experiment.defaults)


def endless(program: Any) -> Iterator[Any]:
    while True:
        yield from program.batches
