"""Protects going back: what a step or a stretch of them did is undone whole, and the run that goes
on from there gives, to the last bit, the numbers it would have given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.worker.conducted import EXPERIMENT, ScriptedControl, Toy, losses, of
from tui_lab import events
from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Clip,
    Command,
    Pause,
    Resume,
    Rewind,
    SetHyperparameter,
    Skip,
    TakeAgain,
)
from tui_lab.guarding import GuardChanged
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.schedule import Intervention
from tui_lab.training.batches import Batches
from tui_lab.training.phase import ZERO_GRAD, Phase
from tui_lab.worker.checkpoints import Checkpoints
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.loop import Loop
from tui_lab.worker.past import Past
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord


class Noisy(Toy):
    """w ← w − lr · (w + noise of the batch) / 10; everything that is random goes in."""

    bad = 0
    """The example that is bad in the second epoch, unless lr is small; 0: none is."""

    def build(self) -> None:
        self.w = torch.tensor([100.0], requires_grad=True)
        noise = torch.arange(4.0).reshape(4, 1)
        self.batches = Batches((noise,), 1, self.generator)
        self.taken = 0

    def loss_of(self, batch: Any) -> Tensor:
        self.taken += 1
        is_bad = 4 < self.taken <= 8 and batch[0].item() == self.bad > 0 and self.hp.lr > 0.1
        spoilt = torch.inf if is_bad else 1.0
        away: Tensor = self.w + batch[0].view(-1) + torch.randn(1)
        return spoilt * away**2 / 20


class Spoilt(Noisy):
    """Its sixth step is bad."""

    bad = 2


def drive(
    directory: RunDirectory,
    before: Mapping[int, list[Command]],
    *,
    toy: type[Toy] = Noisy,
    planned: Sequence[Intervention] = (),
    guard: Any = "hold",
) -> tuple[list[events.RunEvent], list[Acknowledgement], Toy]:
    """A run of four epochs of four steps; the log, the answers, and the toy as it was left."""
    torch.manual_seed(0)
    program = toy(EXPERIMENT.choose({"epochs": 4}), seed=0, device=torch.device("cpu"))
    program.build()
    publisher = Publisher(program, RunRecord(directory), total_steps=16)
    control = ScriptedControl(before)
    past = Past(
        EXPERIMENT, program, publisher, Checkpoints(directory.path, program), planned=planned
    )
    loop = Loop(EXPERIMENT, program, control, publisher, past=past, guard=guard)  # type: ignore[arg-type]
    control.loop = loop
    with suppress(Stopped):
        loop.run()
    publisher.publish()
    return RunTail(directory.events_path).read(), control.answers, program


@pytest.fixture
def undisturbed(other: RunDirectory) -> tuple[list[float], float]:
    log, _, toy = drive(other, {})
    return losses(log), toy.w.item()


def test_a_batch_taken_again_is_the_same_step(
    directory: RunDirectory, undisturbed: tuple[list[float], float]
) -> None:
    inside: list[Command] = [Pause(), Advance("phase"), Advance("phase"), TakeAgain(), Resume()]
    log, answers, toy = drive(directory, {5: inside})
    assert (losses(log), toy.w.item()) == undisturbed
    assert [(e.step, e.then) for e in of(events.StepAbandoned, log)] == [(6, "again")]
    assert answers[3] == Acknowledgement(True, 6)


def test_nothing_bad_is_ever_updated_with(directory: RunDirectory) -> None:
    log, _, _ = drive(directory, {6: [TakeAgain({"lr": 0.05})]}, toy=Spoilt)
    (alarm,) = of(events.AlarmRaised, log)
    assert (alarm.step, alarm.held, alarm.kind) == (6, True, "guard/loss")
    assert alarm.message.startswith("the loss is inf: first in mul (test_going_back.py line ")
    assert [e.phase for e in of(events.PhaseEntered, log)] == ["forward"]
    assert all(map(torch.isfinite, torch.tensor(losses(log))))
    assert len(losses(log)) == 16
    (change,) = of(events.HyperparameterChanged, log)
    assert (change.step, change.new) == (6, 0.05)


def test_a_batch_is_left_out(
    directory: RunDirectory, tmp_path: Path, undisturbed: tuple[list[float], float]
) -> None:
    log, _, toy = drive(directory, {6: [Skip()]}, toy=Spoilt)
    assert len(losses(log)) == 15
    assert losses(log)[:5] == undisturbed[0][:5]
    assert [e.epochs for e in of(events.MetricsLogged, log) if e.kind == "epoch"][-1][-1] == 4
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={})
    second = RunDirectory.create(tmp_path / "second", request, datetime(2026, 1, 1))
    plan = [Intervention(step=6, act="skip")]
    again, _, planned = drive(second, {}, planned=plan)
    assert (losses(again), planned.w.item()) == (losses(log), toy.w.item())


def test_going_on_says_it_and_lets_it_happen(directory: RunDirectory) -> None:
    log, _, toy = drive(directory, {6: [Resume()]}, toy=Spoilt)
    assert float(losses(log)[5]) == torch.inf
    assert not torch.isfinite(toy.w).all()
    assert [alarm.kind for alarm in of(events.AlarmRaised, log)][:2] == [
        "guard/loss",
        "step/first_inf",
    ]


def test_clipped_it_goes_on(directory: RunDirectory) -> None:
    log, _, toy = drive(directory, {6: [Clip()]}, toy=Spoilt)
    assert float(losses(log)[5]) == torch.inf
    assert torch.isfinite(toy.w).all()
    assert [(e.step, e.how) for e in of(events.StepAltered, log)] == [(6, "clip")]


def test_said_only_it_is_not_held(directory: RunDirectory) -> None:
    log, _, _ = drive(directory, {}, toy=Spoilt, guard="say")
    assert of(events.RunPaused, log) == []
    assert next(a.step for a in of(events.AlarmRaised, log)) == 6


def test_back_to_an_earlier_step_and_on(
    directory: RunDirectory, undisturbed: tuple[list[float], float]
) -> None:
    orders: dict[int, list[Command]] = {
        3: [SetHyperparameter("lr", 0.9)],
        10: [Rewind(2), Resume()],
    }
    log, answers, toy = drive(directory, orders)
    assert answers[1] == Acknowledgement(True, 2)
    (back,) = [e for e in of(events.RunResumed, log) if e.from_step is not None]
    assert back.from_step == 2
    after = log[log.index(back) :]
    assert losses(after) == undisturbed[0][2:]
    assert toy.w.item() == undisturbed[1]


def test_what_has_not_been_can_not_be_gone_back_to(directory: RunDirectory) -> None:
    _, answers, _ = drive(directory, {4: [Rewind(9), TakeAgain(), Skip(), Clip()]})
    assert [answer.ok for answer in answers] == [False] * 4
    assert answers[0].message == "It has not been at step 9 yet."
    assert answers[1].message.startswith("No step is held")


def test_what_is_planned_is_done_at_its_step(directory: RunDirectory) -> None:
    plan = [Intervention(step=3, values={"lr": 0.25}), Intervention(step=9, act="stop")]
    log, _, _ = drive(directory, {}, planned=plan)
    (change,) = of(events.HyperparameterChanged, log)
    assert (change.step, change.old, change.new) == (3, 0.5, 0.25)
    assert len(losses(log)) == 9


class Long(Noisy):
    """An epoch of many steps, after the fortieth of which w is no number; few are watched."""

    def build(self) -> None:
        super().build()
        self.batches = Batches((torch.zeros(4000, 1),), 1, self.generator)

    def step(self, batch: Any) -> Iterator[Phase]:
        for phase in super().step(batch):
            if phase == ZERO_GRAD and self.taken == 40:
                with torch.no_grad():
                    self.w.fill_(torch.nan)
            yield phase


def test_steps_that_nobody_looked_at_keep_their_numbers(directory: RunDirectory) -> None:
    """The next step that is watched finds the damage, with what was gathered since not written."""
    torch.manual_seed(0)
    program = Long(EXPERIMENT.choose({"epochs": 1}), seed=0, device=torch.device("cpu"))
    program.build()
    publisher = Publisher(program, RunRecord(directory), total_steps=4000)
    control = ScriptedControl({})
    past = Past(EXPERIMENT, program, publisher, Checkpoints(directory.path, program))
    loop = Loop(EXPERIMENT, program, control, publisher, past=past, guard="hold")  # type: ignore[arg-type]
    control.loop = loop
    with pytest.raises(AssertionError, match="wait for ever"):
        loop.run()
    publisher.publish()
    (alarm,) = of(events.AlarmRaised, RunTail(directory.events_path).read())
    assert alarm.step == 41


def test_who_goes_back_from_an_alarm_is_still_guarded(directory: RunDirectory) -> None:
    """And the step that was held is held no more: there is none to be taken again."""
    orders: list[Command] = [Rewind(2), TakeAgain(), Resume()]
    with pytest.raises(AssertionError, match="wait for ever"):
        drive(directory, {6: orders}, toy=Spoilt)
    log = RunTail(directory.events_path).read()
    assert [alarm.step for alarm in of(events.AlarmRaised, log)] == [6, 6]
    assert of(GuardChanged, log) == []
    assert of(events.StepAbandoned, log) == []
