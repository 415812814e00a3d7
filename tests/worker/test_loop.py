"""Protects the one loop: order of events, holding still at phases, steps and epochs, live values
from the next step on, and that every request is answered with the step at which it took effect.

No process and no socket: a scripted control hands requests over at given steps.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from torch import Tensor

from tui_lab import commands, events
from tui_lab.commands import Acknowledgement, Advance, Command, Pause, Resume, SetHyperparameter
from tui_lab.experiment import Experiment, Metric
from tui_lab.hyperparameters import Float, Int
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.batches import Batches
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.loop import Loop
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

E = TypeVar("E")

EXPERIMENT = Experiment(
    name="toy",
    title="Toy",
    chapter="Tests",
    summary="One weight walks down.",
    hyperparameters=(
        Float("lr", default=0.5, low=0.0, high=10.0, live=True),
        Int("epochs", default=2, low=1, high=100),
    ),
    metrics=(Metric("train/loss", "w"),),
    pictures=(),
    program="toy:Toy",
)


class Toy(Program):
    """w ← w − lr, with the gradient of w itself."""

    def build(self) -> None:
        self.w = torch.tensor([100.0], requires_grad=True)
        self.batches = Batches((torch.zeros(3, 1),), 1, self.generator)

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.w}

    def step(self, batch: Any) -> Iterator[Phase]:
        loss = self.w + batch[0].view(-1)
        yield self.forward(loss)
        torch.autograd.backward(loss.sum())
        yield self.backward()
        with torch.no_grad():
            self.w -= self.hp.lr * self.w.grad
        yield self.update()
        assert self.w.grad is not None
        self.w.grad.zero_()
        yield self.zero_grad()

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"train/loss": self.w.detach()[0]}


class ScriptedRequest:
    """A request whose answer the test can read."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.answers: list[Acknowledgement] = []

    def answer(self, acknowledgement: Acknowledgement) -> None:
        self.answers.append(acknowledgement)


class ScriptedControl:
    """Hands out requests when asked; `before[k]` become pending once the toy has taken k steps."""

    def __init__(self, before: Mapping[int, list[Command]]) -> None:
        self.before = {step: [ScriptedRequest(c) for c in cs] for step, cs in before.items()}
        self.requests = [request for queue in self.before.values() for request in queue]
        self.loop: Loop | None = None

    def _due(self) -> list[ScriptedRequest]:
        assert self.loop is not None
        steps = [s for s, queue in self.before.items() if s <= self.loop.step and queue]
        return self.before[min(steps)] if steps else []

    @property
    def pending(self) -> bool:
        return bool(self._due())

    def take(self, timeout: float | None) -> ScriptedRequest | None:
        due = self._due()
        if not due and timeout:
            raise AssertionError("held with nothing more to come: the loop would wait for ever")
        return due.pop(0) if due else None

    @property
    def answers(self) -> list[Acknowledgement]:
        """One answer per request, in order."""
        assert all(len(request.answers) == 1 for request in self.requests)
        return [request.answers[0] for request in self.requests]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={})
    return RunDirectory.create(tmp_path, request, datetime(2026, 1, 1))


def conduct(
    directory: RunDirectory, before: Mapping[int, list[Command]], *, epochs: int = 2, toy: Any = Toy
) -> tuple[list[events.RunEvent], ScriptedControl, Loop]:
    """Drive the toy with requests at given steps; returns its log, the control and the loop."""
    program = toy(EXPERIMENT.choose({"epochs": epochs}), seed=0, device=torch.device("cpu"))
    program.build()
    record = RunRecord(directory)
    publisher = Publisher(program, record, total_steps=epochs * 3)
    control = ScriptedControl(before)
    loop = Loop(EXPERIMENT, program, control, publisher)  # type: ignore[arg-type]
    control.loop = loop
    try:
        loop.run()
    except Stopped:
        pass  # the test looks at where it stopped
    finally:
        publisher.publish()
    return RunTail(directory.events_path).read(), control, loop


class Convinced(Toy):
    """A toy that has seen enough at w = 98.5, and goes back to where it started."""

    @property
    def done(self) -> bool:
        return bool(self.w <= 98.5)

    def finish(self) -> bool:
        with torch.no_grad():
            self.w.fill_(100.0)
        return True


def of(kind: type[E], log: list[events.RunEvent]) -> list[E]:
    return [event for event in log if isinstance(event, kind)]


def losses(log: list[events.RunEvent]) -> list[float]:
    blocks = [e for e in of(events.MetricsLogged, log) if e.kind == "step"]
    return [value for block in blocks for value in block.columns["train/loss"]]


def test_every_step_and_epoch_is_logged_once_in_order(directory: RunDirectory) -> None:
    log, _, loop = conduct(directory, {})
    assert losses(log) == [100.0, 99.5, 99.0, 98.5, 98.0, 97.5]
    blocks = [e for e in of(events.MetricsLogged, log) if e.kind == "step"]
    firsts = [block.first for block in blocks]
    counts = [len(block.columns["train/loss"]) for block in blocks]
    assert firsts == [1 + sum(counts[:i]) for i in range(len(counts))]
    epochs = [e for e in of(events.MetricsLogged, log) if e.kind == "epoch"]
    assert [s for e in epochs for s in e.steps] == [3, 6]
    assert [v for e in epochs for v in e.columns["train/loss"]] == [98.5, 97.0]
    assert (loop.completed, loop.epoch) == (6, 2)


def test_a_program_that_is_done_takes_no_further_epoch_and_is_measured_as_it_ends(
    directory: RunDirectory,
) -> None:
    log, _, loop = conduct(directory, {}, epochs=5, toy=Convinced)
    assert losses(log) == [100.0, 99.5, 99.0]
    assert (loop.completed, loop.epoch) == (3, 1)
    measured = [(e.kind, list(e.columns["train/loss"])) for e in of(events.MetricsLogged, log)][-2:]
    assert measured == [("epoch", [98.5]), ("evaluation", [100.0])]
    assert loop._publisher.last_metrics()["train/loss"] == 100.0


def test_a_live_value_acts_from_the_next_step_and_stands_there_in_the_log(
    directory: RunDirectory,
) -> None:
    log, control, _ = conduct(directory, {2: [SetHyperparameter("lr", 2.0)]})
    assert control.answers == [Acknowledgement(True, 3)]
    assert losses(log) == [100.0, 99.5, 99.0, 97.0, 95.0, 93.0]
    (change,) = of(events.HyperparameterChanged, log)
    assert (change.step, change.name, change.old, change.new) == (3, "lr", 0.5, 2.0)
    before = log[: log.index(change)]
    assert losses(before) == [100.0, 99.5]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (SetHyperparameter("lr", "abc"), "lr must be a number from 0 to 10, not 'abc'."),
        (SetHyperparameter("lr", float("nan")), "lr must be a number from 0 to 10, not 'nan'."),
        (SetHyperparameter("epochs", 5), "epochs can't change while a run is going on"),
        (SetHyperparameter("momentum", 5), "toy has no hyperparameter 'momentum'"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence_and_changes_nothing(
    directory: RunDirectory, change: SetHyperparameter, sentence: str
) -> None:
    log, control, _ = conduct(directory, {1: [change]})
    assert not control.answers[0].ok
    assert sentence in control.answers[0].message
    assert losses(log)[-1] == 97.5
    assert not of(events.HyperparameterChanged, log)


def test_pause_step_epoch_and_resume(directory: RunDirectory) -> None:
    orders: list[Command] = [Pause(), Advance("step"), Advance("step"), Advance("epoch"), Resume()]
    when = {1: orders[:2], 2: orders[2:3], 3: orders[3:4], 6: orders[4:]}
    log, control, _ = conduct(directory, when, epochs=3)
    assert [answer.step for answer in control.answers] == [1, 2, 3, 4, 7]
    assert [pause.step for pause in of(events.RunPaused, log)] == [1, 2, 3, 6]
    assert [resume.step for resume in of(events.RunResumed, log)] == [1, 2, 3, 6]


def test_resume_cancels_an_advance_under_way(directory: RunDirectory) -> None:
    log, control, _ = conduct(directory, {1: [Pause(), Advance("epoch")], 2: [Resume()]})
    assert [answer.step for answer in control.answers] == [1, 2, 3]
    assert [pause.step for pause in of(events.RunPaused, log)] == [1]


def test_two_orders_to_advance_an_epoch_are_two_epochs(directory: RunDirectory) -> None:
    orders: list[Command] = [Pause(), Advance("epoch"), Advance("epoch")]
    log, _, _ = conduct(directory, {1: orders, 6: [Resume()]}, epochs=3)
    assert [pause.step for pause in of(events.RunPaused, log)] == [1, 6]


def test_phases_are_entered_one_by_one_with_the_state_of_the_gradient(
    directory: RunDirectory,
) -> None:
    orders: list[Command] = [Pause(), *[Advance("phase")] * 4]
    log, _, _ = conduct(directory, {1: orders, 2: [Advance("step"), Resume()]})
    entered = of(events.PhaseEntered, log)
    assert [(e.step, e.phase) for e in entered][:4] == [
        (2, "forward"),
        (2, "backward"),
        (2, "update"),
        (2, "zero_grad"),
    ]
    lines = [e.line for e in entered]
    assert lines == sorted(lines)
    assert len(set(lines)) == 4
    held = [g for g in of(events.GradientsLogged, log) if g.step == 2]
    assert [g.phase for g in held] == ["forward", "backward", "update", "zero_grad"]
    assert [g.parameters[0]["grad"] for g in held] == ["zeroed", "set", "set", "zeroed"]
    assert [g.graph for g in held] == [True, False, False, False]
    assert held[1].parameters[0]["grad_norm"] == 1.0
    assert held[2].parameters[0]["update"] == pytest.approx(0.5 / 99.5)


def test_a_value_set_inside_a_step_waits_for_the_next_one(directory: RunDirectory) -> None:
    inside: list[Command] = [Pause(), Advance("phase"), SetHyperparameter("lr", 2.0), Resume()]
    log, control, _ = conduct(directory, {1: inside})
    assert control.answers[2] == Acknowledgement(True, 3)
    assert losses(log) == [100.0, 99.5, 99.0, 97.0, 95.0, 93.0]


def test_stop_inside_a_step_counts_only_finished_steps(directory: RunDirectory) -> None:
    _, control, loop = conduct(directory, {2: [Pause(), Advance("phase"), commands.Stop("enough")]})
    assert loop.completed == 2
    assert control.answers[-1].ok


def test_evaluation_on_request_is_logged_apart_from_the_epochs(directory: RunDirectory) -> None:
    log, control, _ = conduct(directory, {2: [commands.Evaluate()]})
    (asked,) = [e for e in of(events.MetricsLogged, log) if e.kind == "evaluation"]
    assert (list(asked.steps), asked.columns["train/loss"]) == ([2], [99.0])
    assert control.answers == [Acknowledgement(True, 2)]


def test_a_full_disk_holds_the_run_and_loses_nothing(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for the first three writes; the run waits, then logs every step."""
    full = iter([True, True, True])
    flush = RunRecord.flush

    def sometimes(self: RunRecord) -> None:
        if next(full, False):
            raise OSError(28, os.strerror(28))
        flush(self)

    monkeypatch.setattr(RunRecord, "flush", sometimes)
    monkeypatch.setattr(ScriptedControl, "take", lambda *_args, **_kw: None)
    log, _, _ = conduct(directory, {})
    assert losses(log) == [100.0, 99.5, 99.0, 98.5, 98.0, 97.5]
    (pause,) = of(events.RunPaused, log)
    assert "free some space" in pause.reason
    assert replace(of(events.RunResumed, log)[0], t=0.0) == events.RunResumed(t=0.0, step=1)
