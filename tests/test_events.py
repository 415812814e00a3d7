"""Protects the vocabulary of the log: every event survives the way to disk and back, and a log of
another version still reads."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, get_args

import pytest

from tui_lab.cost import LabCostMeasured
from tui_lab.declaration import to_json as to_json_declaration
from tui_lab.event_encoding import from_json, to_json
from tui_lab.events import (
    AlarmRaised,
    CheckpointWritten,
    GradientsLogged,
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    PictureLogged,
    Remarked,
    RunBranched,
    RunEvent,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    StepAbandoned,
    StepAltered,
    UnknownEvent,
)
from tui_lab.guarding import GuardChanged
from tui_lab.inspection import GraphShown, ParameterShown
from tui_lab.plugins import load_experiment
from tui_lab.runs.encoding import dumps, loads
from tui_lab.watching import TrainingFound

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
    RunBranched(t=0.0, step=2, parent="toy-20261120-234755-7f3a", values={"lr": 0.3}),
    CheckpointWritten(t=0.4, step=2, epoch=1, digest="ab12", bytes=1024, reason="pause"),
    StepAbandoned(t=0.4, step=3, then="skip"),
    LabCostMeasured(t=0.4, step=3, share=0.013),
    GuardChanged(t=0.4, step=3, mode="say"),
    StepAltered(t=0.4, step=3, how="clip"),
    ParameterShown(
        t=0.4,
        step=3,
        phase="backward",
        parameter="w",
        shape=[2, 1],
        dtype="float32",
        tensors={
            "value": {"size": 2, "min": -1.0, "nan": 1, "values": [-1.0, math.inf], "columns": 1},
            "grad": {"note": "None"},
        },
    ),
    GraphShown(
        t=0.4,
        step=3,
        phase="forward",
        nodes=[{"name": "MulBackward0", "parent": -1, "of": "w", "again": False, "more": 2}],
    ),
    RunPaused(t=0.5, step=2, reason="[red]"),
    RunResumed(t=0.6, step=2),
    TrainingFound(
        t=0.7,
        step=1,
        declaration=to_json_declaration(load_experiment("autograd")),
        parameters=[{"name": "w", "shape": [2], "requires_grad": True}],
        device="cpu",
        steps_per_epoch=4,
        total_steps=8,
        source=["loss.backward()"],
        source_file="train.py",
        values={"lr": 0.1, "freeze_0": False},
    ),
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


EVERYTHING = [loads(dumps(to_json(event))) for event in EVENTS if type(event) is not UnknownEvent]
WRONG: list[Any] = [None, True, -1, 1.5, "x", [[]], {"a": {"b": []}}, 10**30, "x" * 100_001]


ALLOWED = {"request": {"a": {"b": []}}, "epoch_offset": -1, "from_step": None, "values": {}}
"""Of what is wrong elsewhere, what these fields may hold."""


def wrong_for(data: dict[str, Any], field: str) -> list[Any]:
    """Values of another kind than a field's."""
    given = data[field]
    if field in ("old", "new"):
        return [{"a": 1}, [[1]], "x" * 100_001]
    if field in ALLOWED:
        return [value for value in WRONG if value != ALLOWED[field]]
    if isinstance(given, bool):
        return [value for value in WRONG if not isinstance(value, bool)]
    if isinstance(given, str):
        return [value for value in WRONG if value != "x"]
    if isinstance(given, float):
        return [value for value in WRONG if value != 1.5]
    return WRONG


@pytest.mark.parametrize(
    ("data", "field"),
    [(data, field) for data in EVERYTHING for field in data if field != "type"],
    ids=lambda part: part if isinstance(part, str) else part["type"],
)
def test_a_field_of_another_kind_makes_it_unreadable(data: dict[str, Any], field: str) -> None:
    for value in wrong_for(data, field):
        event = from_json({**data, field: value})
        assert isinstance(event, UnknownEvent), (field, value)
        assert (event.type, event.data[field]) == (data["type"], value)
        assert event.reason.startswith(f"{field} ")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"type": "run_paused", "t": 1.0}, "step is missing"),
        ({"type": "run_paused", "t": "x", "step": 1}, "t is 'x', not a number"),
        ({"type": "run_resumed", "t": 1e300, "step": 1}, "t is 1e+300, not a number of seconds"),
        ({"type": "metrics", "t": 1, "kind": "dance", "columns": {}}, "kind is 'dance', not one"),
        (
            {"type": "metrics", "t": 1, "kind": "step", "columns": {"a": [[1]]}},
            "columns hold a list of 1 for 'a', not a list of numbers",
        ),
        (
            {"type": "metrics", "t": 1, "kind": "step", "first": 2**53, "columns": {"a": [1]}},
            "is 9,007,199,254,740,993, not a number",
        ),
        (
            {"type": "metrics", "t": 1, "kind": "epoch", "steps": [2], "epochs": [1, 2],
             "columns": {"a": [1, 2]}},
            "has 2 rows, and not as many steps or epochs",
        ),
        (
            {"type": "gradients", "t": 1, "step": 1, "phase": "", "grad_enabled": True,
             "graph": True, "parameters": [{"grad": "set"}]},
            "parameters name is missing",
        ),
        (
            {"type": "gradients", "t": 1, "step": 1, "phase": "", "grad_enabled": True,
             "graph": True, "parameters": [{"name": "w", "norm": "big"}]},
            "parameters norm is 'big', not a number",
        ),
        (
            {"type": "picture", "t": 1, "step": 1, "picture": "p", "layer": "l",
             "data": {"x": {"y": 1}}},
            "data 'x' is an object, not text",
        ),
        (
            {"type": "run_finished", "t": 1, "step": 1, "epoch": 1, "metrics": {"a": [1]}},
            "metrics 'a' is a list of 1, not a number",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_said(data: dict[str, Any], reason: str) -> None:
    event = from_json(data)
    assert isinstance(event, UnknownEvent)
    assert reason in event.reason


DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("log", sorted(DATA.rglob("events.jsonl")), ids=lambda log: log.parent.name)
def test_what_workers_wrote_is_readable_to_the_last_event(log: Path) -> None:
    events = [from_json(loads(line)) for line in log.read_bytes().splitlines()]
    assert [event for event in events if isinstance(event, UnknownEvent) and event.reason] == []


def test_a_type_that_is_not_known_is_nothing_wrong() -> None:
    event = from_json({"type": "comet_seen", "t": "x"})
    assert event == UnknownEvent(type="comet_seen", data={"t": "x"}, reason="")
