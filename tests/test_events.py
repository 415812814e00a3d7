"""Protects the vocabulary of the log: every event survives the way to disk and back, and a log of
another version still reads."""

from __future__ import annotations

import math
from typing import get_args

import pytest

from tui_lab.events import (
    AlarmRaised,
    GradientsLogged,
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    PictureLogged,
    Remarked,
    RunEvent,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    UnknownEvent,
    from_json,
    to_json,
)
from tui_lab.runs.encoding import dumps, loads

EVENTS: list[RunEvent] = [
    RunStarted(
        pid=1,
        host="h",
        device="cpu",
        device_name="",
        threads=2,
        started="2026-11-20T23:47:55+00:00",
        total_steps=4,
        steps_per_epoch=2,
        parameters=[{"name": "w", "shape": [2, 1], "requires_grad": True}],
        source=["def step(self, batch):"],
        source_line=3,
        source_file="program.py",
    ),
    MetricsLogged(t=0.1, kind="step", first=1, steps=[], epochs=[], columns={"train/loss": [1.5]}),
    MetricsLogged(t=0.1, kind="epoch", steps=[2], epochs=[1], columns={"test/loss": [0.5]}),
    GradientsLogged(
        t=0.2,
        step=1,
        phase="backward",
        grad_enabled=True,
        graph=False,
        parameters=[{"name": "w", "grad": "set", "norm": math.inf, "update": None}],
    ),
    PhaseEntered(t=0.3, step=1, phase="forward", line=12),
    HyperparameterChanged(t=0.4, step=2, name="lr", old=0.1, new=0.3),
    RunPaused(t=0.5, step=2, reason="[red]"),
    RunResumed(t=0.6, step=2),
    PictureLogged(t=0.7, step=2, picture="‖w‖", layer="points", data={"x": [1.0]}),
    AlarmRaised(t=0.8, step=2, kind="step/first_nan", message="…"),
    Remarked(t=0.8, step=2, message="w is n/a in part"),
    RunFinished(t=0.9, step=4, epoch=2, metrics={"train/loss": -math.inf}),
    RunStopped(t=0.9, step=4, epoch=2, reason="asked", metrics={"a": 1}),
    RunFailed(t=0.9, step=4, epoch=2, error="Oh.", traceback="…", metrics={}),
    UnknownEvent(type="comet_seen", data={"tail": "long"}),
]


def test_every_event_is_covered_here() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(RunEvent))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_from_disk(event: RunEvent) -> None:
    restored = from_json(loads(dumps(to_json(event))))
    # Sequences that are empty by default are tuples in memory and lists on disk.
    assert type(restored) is type(event)
    assert loads(dumps(to_json(restored))) == loads(dumps(to_json(event)))


def test_numbers_that_stand_alone_are_numbers_again() -> None:
    finished = from_json(
        {"type": "run_finished", "t": 1, "step": 1, "epoch": 1, "metrics": {"a": "NaN"}}
    )
    assert isinstance(finished, RunFinished)
    assert math.isnan(finished.metrics["a"])
    gradients = from_json(loads(dumps(to_json(EVENTS[3]))))
    assert gradients == EVENTS[3]


def test_columns_stay_as_they_are() -> None:
    data = {"type": "metrics", "t": 0.0, "kind": "step", "columns": {"train/loss": [1.0, "NaN"]}}
    event = from_json(data)
    assert isinstance(event, MetricsLogged)
    assert event.columns is data["columns"]


def test_fields_of_a_newer_version_are_ignored() -> None:
    assert from_json({"type": "run_resumed", "t": 1.0, "step": 2, "mood": "fine"}) == RunResumed(
        t=1.0, step=2
    )


@pytest.mark.parametrize(
    "data", [{"type": "comet_seen", "t": 1.0}, {"type": "run_paused", "t": 1.0}, {"t": 1.0}, {}]
)
def test_what_it_does_not_understand_is_kept(data: dict[str, object]) -> None:
    event = from_json(data)
    assert isinstance(event, UnknownEvent)
    assert event.data == {key: value for key, value in data.items() if key != "type"}
