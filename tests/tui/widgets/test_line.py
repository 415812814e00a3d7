"""One-line widgets drop what matters least, and say alarms and marks in words."""

from __future__ import annotations

import pytest
from textual.content import Content

from tui_lab.cost import LabCostMeasured
from tui_lab.events import (
    AlarmRaised,
    HyperparameterChanged,
    MetricsLogged,
    RunEvent,
    RunFailed,
    RunFinished,
    RunPaused,
    RunStarted,
    RunStopped,
)
from tui_lab.guarding import GuardChanged
from tui_lab.tui.experiment.display import fate
from tui_lab.tui.experiment.run_header import brief
from tui_lab.tui.experiment.status_line import (
    StatusLine,
    alarms,
    cost,
    guard,
    progress,
    remarks,
)
from tui_lab.tui.widgets.line import fit
from tui_lab.view_models.run import RunView

LEFT = (Content("first"), Content("second"))
RIGHT = (Content("least"), Content("most"))


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (30, "first  second      least  most"),
        (24, "first  second       most"),
        (15, "first      most"),
        (8, "first"),
        (3, "fi…"),
        (0, ""),
    ],
)
def test_parts_go_by_importance(width: int, shown: str) -> None:
    assert fit(LEFT, RIGHT, width).plain.rstrip() == shown


def view(*more: object) -> RunView:
    """A run of 400 steps that has taken 8 of them."""
    folded = RunView()
    started = RunStarted(
        pid=1,
        host="box",
        device="cpu",
        device_name="",
        threads=1,
        started="2026-11-20T12:00:00+00:00",
        total_steps=4000,
        steps_per_epoch=4,
    )
    steps = MetricsLogged(t=1.0, kind="step", first=1, columns={"train/loss": [1.0] * 2000})
    for event in (started, steps, *more):
        folded.fold(event)  # type: ignore[arg-type]
    return folded


def words(parts: tuple[Content, ...]) -> list[str]:
    return [part.plain for part in parts]


def test_progress_in_words() -> None:
    going = ["step 2,000/4,000", "epoch 500/1,000", "2,000 steps/s", "0:01 left"]
    assert words(progress(view())) == going
    assert words(progress(view(), frozen=True))[:2] == ["step 2,000/4,000", "frozen"]
    ended = view(RunFinished(t=2.0, step=4000, epoch=1000))
    assert words(progress(ended))[-1] == "done in 0:02"


def test_what_the_lab_takes_goes_first_where_there_is_no_room() -> None:
    folded = view(LabCostMeasured(t=1.0, step=2000, share=0.0131))
    assert words(cost(folded)) == ["lab 1.3 %"]
    assert not cost(view())  # an older log says nothing
    line = StatusLine()
    line.show_view(folded)
    assert line._left[-1].plain == "lab 1.3 %"
    assert fit(line._left, line._right, 62).plain.rstrip().endswith("0:01 left")
    changed = HyperparameterChanged(t=1.0, step=213, name="lr", old=3.0, new=10.0)
    line.show_view(view(LabCostMeasured(t=1.0, step=2000, share=0.0131), changed))
    assert words(line._right) == [
        "lab 1.3 %",
        "guard say",
        "a 212: lr 3.0 → 10.0 (applied at step 213)",
    ]


def test_the_guard_is_named_while_it_has_something_to_guard() -> None:
    looser = GuardChanged(t=1.0, step=8, mode="off")
    assert words(guard(view())) == ["guard say"]
    assert words(guard(view(looser))) == ["guard off"]
    assert guard(view(looser, RunFinished(t=2.0, step=4000, epoch=1000))) == ()


def test_alarms_are_said_once_each() -> None:
    raised = [
        AlarmRaised(t=1.0, step=21, kind="step/first_inf", message="the loss became infinite."),
        AlarmRaised(t=1.0, step=22, kind="step/first_inf", message="again."),
        AlarmRaised(t=1.0, step=40, kind="step/first_comet", message="a comet came by."),
    ]
    said = "diverged at step 21: loss inf, a comet came by from step 40"
    assert alarms(view(*raised)) == said


def test_no_more_alarms_are_said_than_there_is_room_for() -> None:
    """A line too long is dropped whole: a run in trouble would say nothing of it."""
    raised = [
        AlarmRaised(t=1.0, step=step, kind=f"own/{step}", message=f"no {step}.")
        for step in (3, 5, 8, 13)
    ]
    assert alarms(view(*raised)) == "no 3 from step 3, no 5 from step 5, no 8 from step 8"


def test_a_run_that_diverged_says_one_step_however_many_alarms_there_were() -> None:
    kinds = ("nonfinite_parameter", "inf", "nan", "nonfinite_evaluation")
    raised = [
        AlarmRaised(t=1.0, step=step, kind=f"step/first_{kind}", message="…")
        for kind, step in zip(kinds, (38, 19, 40, 100), strict=True)
    ]
    assert alarms(view(*raised)) == "diverged at step 19: loss inf"


@pytest.mark.parametrize(
    ("ended", "word"),
    [
        (RunFailed(t=2.0, step=12, epoch=1, error="ValueError: no"), "failed at step 12"),
        (RunStopped(t=2.0, step=12, epoch=1, reason=""), "stopped after 0:02"),
        (RunFinished(t=2.0, step=12, epoch=1), "done in 0:02"),
    ],
)
def test_an_end_says_which_it_was(ended: RunEvent, word: str) -> None:
    assert words(progress(view(ended)))[-1] == word


def test_a_run_that_failed_says_why_and_where() -> None:
    failed = view(RunFailed(t=2.0, step=12, epoch=1, error="ValueError: no"))
    assert words(remarks(failed))[-1] == "ValueError: no"
    assert fate(failed) == "at step 12"


def test_marks_say_where_they_were_asked_for_and_took_effect() -> None:
    changed = HyperparameterChanged(t=1.0, step=213, name="lr", old=3.0, new=10.0)
    paused = RunPaused(t=1.1, step=213, reason="the update would be NaN")
    assert words(remarks(view(changed, paused))) == [
        "a 212: lr 3.0 → 10.0 (applied at step 213)",
        "the update would be NaN",
    ]


@pytest.mark.parametrize(
    ("device", "short"),
    [
        ("cpu 2 threads", "cpu"),
        ("cuda:0 41 % · run 0.8 G · card 3.1/140 G · 1 other", "cuda:0 41 %"),
        ("cuda:0", "cuda:0"),
        ("", ""),
    ],
)
def test_a_device_has_a_short_form(device: str, short: str) -> None:
    assert brief(device) == short
