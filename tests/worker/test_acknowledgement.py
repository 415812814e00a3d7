"""What a command changed is in the log, written, before it is answered."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.worker import conducted
from tests.worker.conducted import ScriptedControl, ScriptedRequest, conduct
from tests.worker.walker import LONG, Walk
from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Command,
    Evaluate,
    Pause,
    Resume,
    SetHyperparameter,
    SetHyperparameters,
    Stop,
)
from tui_lab.events import HyperparameterChanged
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import read_events
from tui_lab.worker.record import RunRecord


@pytest.fixture
def answered(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, list[Any]]]:
    """Of each command that was answered: its name, and the log as it stood on disk then."""
    seen: list[tuple[str, list[Any]]] = []
    answer: Callable[[ScriptedRequest, Acknowledgement], None] = ScriptedRequest.answer

    def look(self: ScriptedRequest, acknowledgement: Acknowledgement) -> None:
        seen.append((type(self.command).__name__, list(read_events(directory.events_path))))
        answer(self, acknowledgement)

    monkeypatch.setattr(ScriptedRequest, "answer", look)
    return seen


ORDERS: list[tuple[Command, str]] = [
    (SetHyperparameter("lr", 0.25), "HyperparameterChanged"),
    (SetHyperparameters({"lr": 0.25}), "HyperparameterChanged"),
    (Pause(), "RunPaused"),
    (Evaluate(), "MetricsLogged"),
]


@pytest.mark.parametrize(("command", "event"), ORDERS)
def test_a_change_is_written_before_its_answer(
    command: Command, event: str, directory: RunDirectory, answered: list[tuple[str, list[Any]]]
) -> None:
    conduct(directory, {2: [command, Resume()]})
    name, log = answered[0]
    assert name == type(command).__name__
    assert type(log[-1]).__name__ == event


def test_letting_go_is_written_before_its_answer(
    directory: RunDirectory, answered: list[tuple[str, list[Any]]]
) -> None:
    conduct(directory, {2: [Pause(), Advance("step"), Resume()]})
    assert [type(log[-1]).__name__ for _, log in answered] == [
        "RunPaused",
        "RunResumed",
        "RunResumed",
    ]


def test_a_value_set_inside_a_step_is_written_though_it_waits(
    directory: RunDirectory, answered: list[tuple[str, list[Any]]]
) -> None:
    before: list[Command] = [Pause(), Advance("phase"), SetHyperparameter("lr", 0.25), Resume()]
    conduct(directory, {2: before})
    log = dict(answered)["SetHyperparameter"]
    assert isinstance(log[-1], HyperparameterChanged)
    assert (log[-1].step, log[-1].old, log[-1].new) == (4, 0.5, 0.25)


def test_an_answer_says_when_there_was_no_room_for_the_change(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush, full = RunRecord.flush, iter([False, True, True])

    def sometimes(self: RunRecord) -> None:
        if next(full, False):
            raise OSError(28, os.strerror(28))
        flush(self)

    monkeypatch.setattr(RunRecord, "flush", sometimes)
    monkeypatch.setattr(conducted, "ScriptedControl", Patient)
    _, control, _ = conduct(directory, {0: [SetHyperparameter("lr", 0.25)]})
    (first,) = [request.answers[0] for request in control.requests]
    assert not first.ok
    assert "free some space" in first.message


class Patient(ScriptedControl):
    """One that has nothing to say while a run waits for room."""

    def take(self, timeout: float | None) -> ScriptedRequest | None:
        return super().take(0.0)


def test_killed_right_after_its_answer_it_has_lost_no_change(walk: Walk) -> None:
    walker = walk(**LONG)
    walker.wait_for_step(5)
    assert walker.tell(SetHyperparameter("lr", 0.25)).ok
    os.kill(walker.worker.pid, signal.SIGKILL)
    walker.worker.wait()
    (change,) = walker.events(HyperparameterChanged)
    assert change.new == 0.25


def test_an_order_to_stop_is_answered_by_the_end(walk: Walk) -> None:
    walker = walk(**LONG)
    assert walker.tell(Stop("enough")).ok
    assert type(walker.last()).__name__ == "RunStopped"
