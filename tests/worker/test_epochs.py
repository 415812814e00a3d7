"""Protects the way through a program's batches: of a known number or none, epoch after epoch or
step after step, and what the program is told and asked on the way, on the way back too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from tests.worker.conducted import EXPERIMENT, Toy, of
from tests.worker.driven import CPU, building, column, drive
from tui_lab import events
from tui_lab.commands import Advance, Command, Resume, Rewind
from tui_lab.errors import ExperimentError
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.schedule import Intervention
from tui_lab.training.batches import Batches
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.beginning import Beginning
from tui_lab.worker.driving import extent
from tui_lab.worker.probe import GradientProbe


class Four(IterableDataset[Tensor]):
    def __iter__(self) -> Iterator[Tensor]:
        yield from torch.arange(4.0).split(1)


class Walker(Toy):
    """w goes down by lr times noise of the batch and the step; lr is halved after every epoch."""

    every = 0
    total = 0

    def build(self) -> None:
        self.w = torch.tensor([100.0], requires_grad=True)
        self.optimizer = torch.optim.SGD([self.w], lr=self.hp.lr)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 1, 0.5)
        self.told: list[int] = []
        self.steps = 0
        self.batches = self.made()

    def made(self) -> Any:
        return DataLoader(Four(), batch_size=None)

    def step(self, batch: Tensor) -> Iterator[Phase]:
        self.steps += 1
        loss = self.w * (1 + torch.rand(1) + batch)
        yield self.forward(loss)
        torch.autograd.backward(loss.sum())
        yield self.backward()
        self.optimizer.step()
        self.record("lr", self.optimizer.param_groups[0]["lr"])
        yield self.update()
        self.optimizer.zero_grad()

    def epoch_ended(self) -> None:
        self.told.append(self.steps)
        self.scheduler.step()

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"noise": torch.rand(())}

    @property
    def evaluate_every(self) -> int:
        return self.every

    @property
    def total_steps(self) -> int:
        return self.total


class Known(Walker):
    def made(self) -> Any:
        return Batches((torch.arange(4.0),), 1, self.generator)

    def step(self, batch: Any) -> Iterator[Phase]:
        yield from super().step(batch[0])


class Endless(Walker):
    """Measured as a program of steps is, seven times three of them and one."""

    every, total = 3, 22

    def made(self) -> Any:
        def draw() -> Iterator[Tensor]:
            for _ in count():
                yield torch.rand(1, generator=self.generator)

        return draw

    @property
    def epochs(self) -> int:
        return super().epochs


class Unknown(Walker):
    """Its batches are as many as they are."""

    def made(self) -> Any:
        return lambda: iter(torch.arange(4.0).split(1))


class Across(Known):
    """Measured at steps, its batches in epochs of four."""

    every, total = 3, 10


def built(kind: type[Program], **values: Any) -> Program:
    chosen = EXPERIMENT.choose({"epochs": 3, **values})
    return building(kind, EXPERIMENT)(CPU, chosen)


def measured(log: list[events.RunEvent]) -> list[tuple[int, int]]:
    blocks = [e for e in of(events.MetricsLogged, log) if e.kind == "epoch"]
    return [at for block in blocks for at in zip(block.steps, block.epochs, strict=True)]


@pytest.mark.parametrize("kind", [Walker, Known])
def test_every_epoch_is_told_and_measured(directory: RunDirectory, kind: type[Walker]) -> None:
    program = built(kind)
    log, _ = drive(directory, EXPERIMENT, program)
    assert measured(log) == [(4, 1), (8, 2), (12, 3)]
    assert getattr(program, "told") == [4, 8, 12]  # noqa: B009
    assert column(log, "lr") == [0.5] * 4 + [0.25] * 4 + [0.125] * 4


def test_steps_take_the_place_of_epochs(directory: RunDirectory) -> None:
    program = built(Endless)
    log, _ = drive(directory, EXPERIMENT, program)
    assert measured(log) == [(step, 0) for step in (3, 6, 9, 12, 15, 18, 21, 22)]
    assert len(column(log, "train/loss")) == 22
    assert Beginning(program).total_steps == 22
    assert Beginning(program).steps_per_epoch == 0


def test_where_nobody_knows_how_many_steps_there_are_time_says_which_are_watched() -> None:
    program = built(Unknown)
    beginning = Beginning(program)
    assert beginning.total_steps == 0

    def watched(begun: Beginning) -> list[int]:
        probe = GradientProbe(program, extent(begun))
        return [step for step in range(1, 1000) if probe.is_due(step, 10.0 + 0.001 * step)]

    assert watched(beginning) == [1, 201, 401, 601, 801]
    assert watched(replace(beginning, watched=True)) == list(range(1, 1000))


def test_epochs_go_on_beneath_steps(directory: RunDirectory) -> None:
    program = built(Across)
    log, _ = drive(directory, EXPERIMENT, program)
    assert measured(log) == [(3, 0), (6, 1), (9, 2), (10, 2)]
    assert column(log, "lr") == [0.5] * 4 + [0.25] * 4 + [0.125] * 2


def test_steps_need_no_hyperparameter_for_epochs() -> None:
    program = Endless(Hyperparameters({"lr": 0.5}), seed=0, device=CPU)
    program.build()
    assert program.epochs > 1_000_000
    assert Beginning(program).total_steps == 22


WAYS: Mapping[str, dict[int, list[Command]]] = {
    "within an epoch": {7: [Rewind(6), Resume()]},
    "to the end of one": {7: [Rewind(4), Resume()]},
    "over the end of one": {9: [Rewind(3), Resume()]},
    "held at each end": {0: [Advance("epoch"), Resume()], 9: [Rewind(5), Resume()]},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [Walker, Known, Endless, Across])
def test_who_goes_back_comes_by_the_same_numbers(
    directory: RunDirectory, other: RunDirectory, kind: type[Walker], way: str
) -> None:
    whole, _ = drive(other, EXPERIMENT, built(kind))
    log, answers = drive(directory, EXPERIMENT, built(kind), WAYS[way])
    assert all(answer.ok for answer in answers)
    for key, block in (("train/loss", "step"), ("lr", "step"), ("noise", "epoch")):
        assert column(log, key, block) == column(whole, key, block)


@pytest.mark.parametrize("kind", [Walker, Known])
def test_a_batch_is_left_out(
    directory: RunDirectory, other: RunDirectory, kind: type[Walker]
) -> None:
    planned = [Intervention(step=step, act="skip") for step in (3, 4, 7)]
    whole, _ = drive(other, EXPERIMENT, built(kind), planned=planned)
    assert measured(whole) == [(3, 1), (6, 2), (9, 3)]
    ways: dict[int, list[Command]] = {8: [Rewind(7), Resume()]}
    log, _ = drive(directory, EXPERIMENT, built(kind), ways, planned=planned)
    assert column(log, "train/loss") == column(whole, "train/loss")


def test_an_epoch_of_no_known_length_can_be_walked_to_its_end(directory: RunDirectory) -> None:
    with pytest.raises(AssertionError, match=r"^held with nothing more to come"):
        drive(directory, EXPERIMENT, built(Walker), {0: [Advance("epoch")]})
    log = RunTail(directory.events_path).read()
    assert [event.step for event in of(events.RunPaused, log)] == [4]
    assert measured(log) == [(4, 1)]


def test_a_generator_itself_goes_one_way_and_that_is_said(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Endless, "made", lambda self: (torch.ones(1) for _ in count()))
    log, _ = drive(directory, EXPERIMENT, built(Endless))
    assert len(column(log, "train/loss")) == 22
    (remark,) = of(events.Remarked, log)
    assert remark.message == (
        "No state is kept: batches is a generator, in which there is no way back; give the "
        "function that makes it, or an iterable."
    )


def spent(program: Walker) -> Any:
    return iter([torch.ones(1), torch.ones(1)])


def none(program: Walker) -> Any:
    return []


NO_BATCHES: list[tuple[Callable[[Any], Any], str]] = [
    (spent, r"^Epoch 2 has no batches: .* of a generator give the function\.$"),
    (none, r"^Epoch 1 has no batches: "),
]


@pytest.mark.parametrize(("made", "sentence"), NO_BATCHES)
def test_an_epoch_without_batches_is_one_sentence(
    directory: RunDirectory,
    monkeypatch: pytest.MonkeyPatch,
    made: Callable[[Any], Any],
    sentence: str,
) -> None:
    monkeypatch.setattr(Walker, "made", made)
    with pytest.raises(ExperimentError, match=sentence):
        drive(directory, EXPERIMENT, built(Walker))


def test_a_program_that_made_no_batches_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Toy, "build", lambda self: None)
    with pytest.raises(ExperimentError, match=r"^Toy\.build\(\) made no batches; set self\.batch"):
        built(Toy)
