"""Protects what a run is repeated from: everything that was done to it while it ran, once, and
nothing that was taken back."""

from __future__ import annotations

from pathlib import Path

from tests.view_models.folded import started, steps
from tui_lab.events import (
    HyperparameterChanged,
    RunEvent,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStopped,
    StepAbandoned,
    StepAltered,
)
from tui_lab.runs.interventions import read_schedule, schedule_of
from tui_lab.runs.log import RunLog
from tui_lab.schedule import Intervention, words


def turned(step: int, value: object, name: str = "lr") -> HyperparameterChanged:
    return HyperparameterChanged(t=0.0, step=step, name=name, old=1.0, new=value)


def back(step: int) -> RunResumed:
    return RunResumed(t=0.0, step=step, from_step=step)


EVENTS: list[RunEvent] = [
    started(request={"schedule": [{"step": 212, "values": {"lr": 3.0}}]}),
    steps(1, 211, 1.0),
    turned(212, 3.0),
    RunPaused(t=1.0, step=250),
    RunResumed(t=1.0, step=250),
    StepAbandoned(t=1.0, step=300, then="skip"),
    StepAltered(t=1.0, step=301, how="clip"),
    turned(400, 0.5),
    turned(400, 7.0, "weight_decay"),
    RunStopped(t=1.0, step=410, epoch=4),
]


def said(*events: RunEvent, after: int = 0) -> list[str]:
    return list(words(schedule_of(events, after=after)))


def test_everything_once_in_order() -> None:
    assert said(*EVENTS) == [
        "@212:lr=3.0",
        "@300:skip",
        "@301:clip",
        "@400:lr=0.5",
        "@400:weight_decay=7.0",
        "@410:stop",
    ]


def test_what_is_later_than_a_step() -> None:
    assert said(*EVENTS, after=301) == ["@400:lr=0.5", "@400:weight_decay=7.0", "@410:stop"]


def test_knobs_turned_together_are_one_intervention() -> None:
    turns = schedule_of([turned(4, 1.0, "low"), turned(4, 2.0, "high"), turned(5, 3.0, "high")])
    assert turns == [
        Intervention(step=4, values={"low": 1.0, "high": 2.0}),
        Intervention(step=5, values={"high": 3.0}),
    ]


def test_what_was_taken_back_is_not_among_them() -> None:
    assert said(*EVENTS, back(300), turned(350, 9.0)) == [
        "@212:lr=3.0",
        "@300:skip",
        "@350:lr=9.0",
    ]


def test_a_run_that_goes_on_where_it_was_stopped_was_not() -> None:
    assert said(RunStopped(t=0.0, step=9, epoch=1), back(9)) == []
    assert said(RunStopped(t=0.0, step=0, epoch=0)) == []  # nothing of it to repeat
    assert said(RunFinished(t=0.0, step=9, epoch=1)) == []


def test_an_attempt_that_is_taken_again_leaves_only_the_knob() -> None:
    attempt: list[RunEvent] = [StepAltered(t=0.0, step=5, how="clip"), turned(5, 0.1)]
    assert said(*attempt, StepAbandoned(t=0.0, step=5, then="again")) == ["@5:lr=0.1"]


def test_a_log_is_read_without_its_measurements(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "events.jsonl")
    for event in EVENTS:
        log.append(event)
    log.close()
    assert read_schedule(tmp_path / "events.jsonl", after=212) == schedule_of(EVENTS, after=212)
