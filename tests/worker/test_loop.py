"""Protects the one loop: order of events, live values from the next step on, measurements between
epochs, and a full disk that holds it but loses nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from tests.worker.conducted import ScriptedControl, Toy, conduct, losses, of
from tui_lab import commands, events
from tui_lab.commands import Acknowledgement, Advance, Pause, SetHyperparameter, Stop
from tui_lab.runs.directory import RunDirectory
from tui_lab.training.phase import Phase
from tui_lab.worker.record import RunRecord


class Convinced(Toy):
    """A toy that has seen enough at w = 98.5, and goes back to where it started."""

    @property
    def done(self) -> bool:
        return bool(self.w <= 98.5)

    def finish(self) -> bool:
        with torch.no_grad():
            self.w.fill_(100.0)
        return True


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
    assert (loop.position.step, loop.position.epoch) == (6, 2)


def test_a_program_that_is_done_takes_no_further_epoch_and_is_measured_as_it_ends(
    directory: RunDirectory,
) -> None:
    log, _, loop = conduct(directory, {}, epochs=5, toy=Convinced)
    assert losses(log) == [100.0, 99.5, 99.0]
    assert (loop.position.step, loop.position.epoch) == (3, 1)
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


class Optimized(Toy):
    """The same walk, by an optimizer that has a copy of lr."""

    def build(self) -> None:
        super().build()
        self.optimizer = torch.optim.SGD([self.w], self.hp.lr)

    def step(self, batch: Any) -> Iterator[Phase]:
        loss = self.w + batch[0].view(-1)
        yield self.forward(loss)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss.sum())
        yield self.backward()
        self.optimizer.step()
        yield self.update()

    def hyperparameter_changed(self, name: str) -> None:
        for group in self.optimizer.param_groups:
            group[name] = getattr(self.hp, name)


def test_a_live_value_reaches_what_holds_a_copy_of_it(directory: RunDirectory) -> None:
    log, _, _ = conduct(directory, {2: [SetHyperparameter("lr", 2.0)]}, toy=Optimized)
    assert losses(log) == [100.0, 99.5, 99.0, 97.0, 95.0, 93.0]


def test_two_orders_to_advance_a_step_are_two_steps(directory: RunDirectory) -> None:
    _, _, loop = conduct(directory, {1: [Pause(), Advance("step"), Advance("step"), Stop()]})
    assert loop.position.step == 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (SetHyperparameter("lr", "abc"), "lr must be a number from 0 to 10, not 'abc'."),
        (SetHyperparameter("lr", float("nan")), "lr must be a number from 0 to 10, not 'nan'."),
        (SetHyperparameter("layers", 5), "layers can't change while a run is going on"),
        (SetHyperparameter("epochs", 0), "epochs must be a whole number from 1 to 100"),
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
    assert replace(of(events.RunResumed, log)[0], t=0.0) == events.RunResumed(t=0.0, step=0)
